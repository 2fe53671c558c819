/**
 * Sends the audio of playback items no further ahead than the lead. Absolute: `#playoutEndAtMs` is when all that was sent
 * will have been played; each message moves it by exactly its own length, so the lateness of a timer never adds up, and
 * after a pause it starts again from now. Has no timer and no queue: `playback.ts` says what is sent and when. I/O thread.
 */

import { bytesPerSample } from '../audio/audio-format.ts';
import { wireBytes } from '../audio/wire-bytes.ts';
import type { AudioRecorder } from './audio-recorder.ts';
import { SENT } from './carrier-socket.ts';
import type { GapCounts } from './gap-counts.ts';
import type { PlaybackItem } from './playback-item.ts';
import type { Transport } from './transport.ts';

/** Audio sent ahead of what is played: rides out a stall of ours, and is what a carrier throws away at a clear. */
const LEAD_MAX_MS = 1000;
/** 16 KiB of telephone audio, 48 of a browser's: half as much again as the lead. The socket is given up at 1 MiB. */
const BUFFERED_MAX_MS = 1536;
/** A frame: less is no gap that anybody hears. */
const GAP_MIN_MS = 20;

export class Pacer {
  readonly #transport: Transport;
  readonly #gaps: GapCounts | null;
  readonly #bufferedBytesMax: number;
  /** Told of what is sent, and of when it is heard; null where nothing is recorded. */
  recorder: AudioRecorder | null = null;
  #playoutEndAtMs = 0;

  /** `gaps`: where gaps are counted. */
  constructor(transport: Transport, gaps: GapCounts | null = null) {
    this.#transport = transport;
    const { codec, sampleRateHz } = transport.format;
    const audioBytes = (sampleRateHz * bytesPerSample(codec) * BUFFERED_MAX_MS) / 1000;
    this.#bufferedBytesMax = wireBytes(transport.format, audioBytes);
    this.#gaps = gaps;
  }

  /** When the item's next message fits into the lead; in the past if it fits now. A mark fits at any time. */
  sendAtMs(item: PlaybackItem): number {
    if (item.stage === 'unmarked') return Number.NEGATIVE_INFINITY;
    return this.#playoutEndAtMs - Math.max(0, LEAD_MAX_MS - item.toMs(item.nextMessageBytes()));
  }

  /** One message of audio, and the mark after the last. False: the socket is full, and nothing or all but the mark was sent. */
  send(item: PlaybackItem, nowMs: number): boolean {
    if (this.#transport.bufferedBytes() > this.#bufferedBytesMax) return false;
    if (item.stage !== 'unmarked' && !this.#sendAudio(item, nowMs)) return false;
    if (item.stage !== 'unmarked') return true;
    if (this.#transport.sendMark(item.markName) === SENT.dropped) return false;
    item.stage = 'sent';
    return true;
  }

  #sendAudio(item: PlaybackItem, nowMs: number): boolean {
    const { audioBytes, format, wire } = item.prompt!;
    const bytes = item.nextMessageBytes();
    const toByte = item.sentBytes + bytes;
    const isLast = toByte >= audioBytes;
    const from = wireBytes(format, item.sentBytes);
    if (this.#transport.sendAudio(wire, from, wireBytes(format, toByte)) === SENT.dropped) return false;
    this.#levelChanges();
    const startAtMs = Math.max(this.#playoutEndAtMs, nowMs);
    if (item.sentBytes > 0) this.#countGap(startAtMs - this.#playoutEndAtMs);
    this.recorder?.said(item, bytes, startAtMs);
    this.#playoutEndAtMs = startAtMs + item.toMs(bytes);
    item.sentBytes = toByte;
    item.sentUntilAtMs = this.#playoutEndAtMs;
    item.stage = isLast ? 'unmarked' : 'sending';
    return true;
  }

  /** The receiver is to be told anew how loud we are before it takes more by itself. */
  #levelChanges(): void {
    this.#transport.receiver.holdDirect();
  }

  /** What was sent of the item ran out before its next part was. */
  #countGap(gapMs: number): void {
    if (this.#gaps === null || gapMs < GAP_MIN_MS) return;
    this.#gaps.playoutGaps += 1;
    this.#gaps.playoutGapMs += gapMs;
  }

  /** The carrier holds nothing any more. */
  cleared(nowMs: number): void {
    this.#levelChanges();
    this.#playoutEndAtMs = nowMs;
    this.recorder?.cleared(nowMs);
  }

  /** The carrier's playback had stalled: `items`, in their order, are heard from `nowMs` on, not earlier. */
  stalledUntil(nowMs: number, items: readonly PlaybackItem[]): void {
    this.#levelChanges();
    let endAtMs = nowMs;
    for (const item of items) {
      if (item.sentBytes === 0) break;
      endAtMs += item.toMs(item.sentBytes);
      const lateMs = endAtMs - item.sentUntilAtMs;
      if (lateMs <= 0) continue;
      item.sentUntilAtMs = endAtMs;
      this.recorder?.delayed(item, lateMs);
    }
    this.#playoutEndAtMs = Math.max(this.#playoutEndAtMs, endAtMs);
  }
}
