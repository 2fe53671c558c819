/**
 * Both legs of one stream for a recording: left the caller, right what the caller heard of us, 8 kHz. I/O thread.
 *
 *   carrier's time  --+-------+-------+---- hole ----+-------+-->   left, by the timestamps of the media
 *   our clock       ----+=======+=====x- - - -+======+-------+-->   right: said, cut by a clear (x), said
 *                       ^ origin: our clock at position 0; of all that media took to come here, the least
 *
 * Written is what media has come for, in blocks, and so never before it is known what a clear took back: audio is sent up to
 * a second ahead, and media comes late or on time, never early. Media that freezes holds the file up; what it brings after
 * that stands where the carrier says that it belongs, and what was lost is silence. A carrier without timestamps: its holes
 * are not seen.
 *
 * The file is mu-law as it came and as it was sent, not PCM: it is exactly what was on the line, half as large (16 kB a second),
 * costs no arithmetic, and ffmpeg, Audacity, VLC and browsers play it.
 */
import { addon } from '../audio/addon.ts';
import type { NativeStreamReceiver } from '../audio/addon-types.ts';
import type { Clock } from '../clock.ts';
import type { RecordFile } from '../recordings/record-files.ts';
import type { PlaybackItem } from './playback-item.ts';
import type { Transport } from './transport.ts';

/** Mu-law of +0. */
const SILENCE = 0xff;
const CODES_PER_MS = 8;
/** Twelve frames of 20 ms. */
const BLOCK_CODES = 240 * CODES_PER_MS;
/** Two frames: less is how a carrier rounds. */
const HOLE_MIN_MS = 40;
/** Longer than any stream lives without media. */
const HOLE_MAX_MS = 60_000;
/** Media stands no later than now; what the origin may still be off. More is no hole but a leap of the carrier's clock. */
const EARLY_MAX_MS = 1000;
/** What begins so soon after the end of what was said before follows it without a seam, wherever the origin has gone. */
const SEAM_MAX_MS = 1;
/** The carrier's clock and ours drift apart, by 100 ppm at the worst: in ten seconds a millisecond. */
const DRIFT_BLOCKS = 40;
const DRIFT_MAX_MS = 5;
/** A minute of messages; media that stays away so long has ended the stream before. */
const SPANS_MAX = 256;
/** More than the pacer sends at once, and whole groups of base64. */
const MESSAGE_CODES_MAX = 4095;

/** Shared by all streams of the thread: a block is put together and copied in one go. Left in the low byte. */
const pairs = new Uint16Array(BLOCK_CODES);
const pairBytes = new Uint8Array(pairs.buffer);
const right = new Uint8Array(BLOCK_CODES);
/** With room for the rest of the groups at both ends. */
const decoded = new Uint8Array(MESSAGE_CODES_MAX + 6);

/** One message of audio, as it was sent. */
interface Span {
  readonly item: PlaybackItem;
  readonly wire: Uint8Array;
  /** Of the prompt; a multiple of three, since a message is whole groups of base64. */
  readonly fromByte: number;
  /** What of it is heard; a clear cuts it. */
  codes: number;
  startAtMs: number;
  /** Of its first code in the file; null until it is to be written. */
  position: number | null;
  written: number;
}

export class AudioRecorder {
  readonly #file: RecordFile;
  readonly #receiver: NativeStreamReceiver;
  readonly #clock: Clock;
  readonly #left = new Uint8Array(BLOCK_CODES);
  #leftCodes = 0;
  #writtenCodes = 0;
  #spans: Span[] = [];
  /** That was placed in the file. */
  #lastPlaced: Span | null = null;
  /** The carrier's time at position 0; null before a timestamp. */
  #carrierOriginMs: number | null = null;
  #originAtMs: number;
  #earliestOriginAtMs = Number.POSITIVE_INFINITY;
  #blocks = 0;

  private constructor(file: RecordFile, receiver: NativeStreamReceiver, clock: Clock) {
    this.#file = file;
    this.#receiver = receiver;
    this.#clock = clock;
    this.#originAtMs = clock.nowMs();
  }

  /** Position 0 is now. It owns `file` from here on. Null, and an empty file, for a stream that is not of a telephone. */
  static begin(file: RecordFile, { format, receiver }: Transport, clock: Clock): AudioRecorder | null {
    if (format.codec === 'mulaw' && format.sampleRateHz === 8000)
      return new AudioRecorder(file, receiver, clock);
    file.finish();
    return null;
  }

  /** The receiver has just taken in audio. For every frame: two native calls, and a copy into the block. */
  heard(): void {
    const carrierMs = this.#receiver.receivedAtMs();
    if (carrierMs >= 0) this.#fillHole(carrierMs);
    for (let from = 0; ; ) {
      const copied = this.#receiver.copyReceived(this.#left, this.#leftCodes, from);
      from += copied;
      this.#leftCodes += copied;
      if (this.#leftCodes < BLOCK_CODES) return;
      this.#writeBlock();
    }
  }

  /** The next `bytes` of `item` were sent, to be heard from `startAtMs` on. */
  said(item: PlaybackItem, bytes: number, startAtMs: number): void {
    this.#add(item, item.sentBytes, bytes, startAtMs);
  }

  /** What was sent of `item` before the recording began, and is to be heard still. */
  underWay(item: PlaybackItem): void {
    const startAtMs = item.sentUntilAtMs - item.toMs(item.sentBytes);
    const nowMs = this.#clock.nowMs();
    for (let at = 0; at < item.sentBytes; at += MESSAGE_CODES_MAX) {
      const bytes = Math.min(MESSAGE_CODES_MAX, item.sentBytes - at);
      if (startAtMs + item.toMs(at + bytes) > nowMs) this.#add(item, at, bytes, startAtMs + item.toMs(at));
    }
  }

  #add(item: PlaybackItem, fromByte: number, bytes: number, startAtMs: number): void {
    const { wire } = item.prompt!;
    if (this.#spans.length === SPANS_MAX) this.#spans.shift();
    this.#spans.push({
      item,
      wire,
      fromByte,
      codes: Math.min(bytes, MESSAGE_CODES_MAX),
      startAtMs,
      position: null,
      written: 0,
    });
  }

  /** What was to be heard after `atMs` will not be. */
  cleared(atMs: number): void {
    for (const span of this.#spans) {
      const heardCodes = Math.round((atMs - span.startAtMs) * CODES_PER_MS);
      span.codes = Math.max(span.written, Math.min(span.codes, heardCodes));
    }
    this.#spans = this.#spans.filter(({ codes, written }) => codes > written);
  }

  /** What is left of `item` is heard so much later than was thought. */
  delayed(item: PlaybackItem, byMs: number): void {
    for (const span of this.#spans) {
      if (span.item !== item) continue;
      span.startAtMs += byMs;
      if (span.position !== null) span.position += Math.round(byMs * CODES_PER_MS);
    }
  }

  /** The stream has ended: now is the end of the recording. */
  finish(): void {
    const nowMs = this.#clock.nowMs();
    this.#followClocks(nowMs);
    this.cleared(nowMs);
    this.#leaveSilent(this.#roomMs);
    this.#writeBlock();
    this.#file.finish();
  }

  /** Of the recording, the block at hand included. */
  get #heardMs(): number {
    return (this.#writtenCodes + this.#leftCodes) / CODES_PER_MS;
  }

  #fillHole(carrierMs: number): void {
    this.#carrierOriginMs ??= carrierMs - this.#heardMs;
    const missingMs = carrierMs - this.#carrierOriginMs - this.#heardMs;
    if (Math.abs(missingMs) < HOLE_MIN_MS) return;
    if (missingMs > 0 && missingMs <= this.#roomMs + EARLY_MAX_MS) this.#leaveSilent(missingMs);
    else this.#carrierOriginMs = carrierMs - this.#heardMs;
  }

  /** From the end of what was heard to now. */
  get #roomMs(): number {
    return Math.min(HOLE_MAX_MS, this.#clock.nowMs() - this.#originAtMs - this.#heardMs);
  }

  #leaveSilent(durationMs: number): void {
    for (let codes = Math.round(durationMs * CODES_PER_MS); codes > 0; ) {
      const count = Math.min(codes, BLOCK_CODES - this.#leftCodes);
      this.#left.fill(SILENCE, this.#leftCodes, this.#leftCodes + count);
      this.#leftCodes += count;
      codes -= count;
      if (this.#leftCodes === BLOCK_CODES) this.#writeBlock();
    }
  }

  #writeBlock(): void {
    this.#followClocks(this.#clock.nowMs());
    const codes = this.#leftCodes;
    if (this.#file.isGivenUp) this.#spans = [];
    else this.#write(codes);
    this.#writtenCodes += codes;
    this.#leftCodes = 0;
  }

  #write(codes: number): void {
    this.#renderRight(this.#writtenCodes + codes);
    for (let index = 0; index < codes; index++) pairs[index] = this.#left[index]! | (right[index]! << 8);
    this.#file.write(codes === BLOCK_CODES ? pairBytes : pairBytes.subarray(0, codes * 2));
  }

  /** Nothing can have been spoken after it came here: the earliest that was seen lately is the origin. */
  #followClocks(nowMs: number): void {
    const originAtMs = nowMs - this.#heardMs;
    this.#originAtMs = Math.min(this.#originAtMs, originAtMs);
    this.#earliestOriginAtMs = Math.min(this.#earliestOriginAtMs, originAtMs);
    if (++this.#blocks < DRIFT_BLOCKS) return;
    this.#originAtMs = Math.min(this.#earliestOriginAtMs, this.#originAtMs + DRIFT_MAX_MS);
    this.#earliestOriginAtMs = Number.POSITIVE_INFINITY;
    this.#blocks = 0;
  }

  /** What was heard from the end of what is written to `end`. */
  #renderRight(end: number): void {
    right.fill(SILENCE);
    let isPast = 0;
    for (const span of this.#spans) {
      const position = span.position ?? this.#place(span);
      const from = Math.max(position + span.written, this.#writtenCodes);
      if (from >= end) break;
      const to = Math.min(position + span.codes, end);
      span.position = position;
      if (to > from) this.#copySpan(span, from - position, to - position, from - this.#writtenCodes);
      span.written = Math.max(span.written, to - position);
      this.#lastPlaced = span;
      if (position + span.codes > end) break;
      isPast++;
    }
    if (isPast > 0) this.#spans.splice(0, isPast);
  }

  #place(span: Span): number {
    const position = Math.round((span.startAtMs - this.#originAtMs) * CODES_PER_MS);
    const last = this.#lastPlaced;
    if (last?.position == null) return position;
    const lastEnd = last.position + last.codes;
    const pauseMs = span.startAtMs - (last.startAtMs + last.codes / CODES_PER_MS);
    return pauseMs < SEAM_MAX_MS ? lastEnd : Math.max(lastEnd, position);
  }

  /** Decodes the codes `from` to `to` of a span, and puts them at `at`. */
  #copySpan(span: Span, from: number, to: number, at: number): void {
    const group = Math.floor(from / 3);
    const firstGroup = span.fromByte / 3;
    const characters = span.wire.subarray(
      (firstGroup + group) * 4,
      Math.min(span.wire.length, (firstGroup + Math.ceil(to / 3)) * 4),
    );
    // A prompt was checked when it was made; should it be none, this is silence.
    if (addon.base64Decode(characters, decoded) < 0) return;
    const skipped = from - group * 3;
    for (let index = 0; index < to - from; index++) right[at + index] = decoded[skipped + index]!;
  }
}
