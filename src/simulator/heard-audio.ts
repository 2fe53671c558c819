/**
 * What the caller hears, as compact numbers, and in full if a recording was asked for. Fed once every 20 ms; allocates
 * nothing per frame but, while recording, a block each 10 s. One object a call; it spans the call's streams.
 */
import { MULAW_SILENCE, MULAW_TO_LINEAR } from './mulaw.ts';

/** An interruption of the audio counts as one, and not as a pause of the conversation, if more follows within this. */
const GAP_MAX_MS = 1000;
/** Peaks below this (-44 dBFS) are silence: breath and dither of a synthesizer, not speech. */
const LOUD_PEAK = 207;
const BYTES_PER_MS = 8;
const BLOCK_BYTES = 80_000;
/** 30 minutes: what a recording may hold. */
const RECORDING_MAX_BYTES = 30 * 60 * 8000;

const IS_LOUD = Uint8Array.from(MULAW_TO_LINEAR, (sample) => (Math.abs(sample) >= LOUD_PEAK ? 1 : 0));

export class HeardAudio {
  /** Underruns inside a prompt: no mark or clear lay between the audio before and after. */
  readonly gapsMs: number[] = [];
  /** Short silences between two prompts, where a mark or clear did lie. */
  readonly pausesMs: number[] = [];
  /** Audio of the server's that was played, silent or not. */
  audioMs = 0;
  /** Of which loud enough to hear. */
  loudMs = 0;
  /** Silence since the last loud frame; 0 while it is loud, null before the first. */
  quietMs: number | null = null;
  #silenceBytes: number | null = null;
  #boundary = false;
  readonly #record: boolean;
  #blocks: Uint8Array[] = [];
  #recordedBytes = 0;

  constructor(record: boolean) {
    this.#record = record;
  }

  /** A mark or clear lies here: silence that follows separates two prompts. */
  boundary(): void {
    this.#boundary = true;
  }

  /** One frame as played; `audioBytes` at its front are the server's. */
  add(frame: Uint8Array, audioBytes: number): void {
    if (this.#record) this.#write(frame);
    if (audioBytes > 0) {
      this.audioMs += audioBytes / BYTES_PER_MS;
      this.#endSilence();
    }
    if (this.#silenceBytes !== null) this.#silenceBytes += frame.length - audioBytes;
    this.#followLevel(frame, audioBytes);
  }

  /** The time between two streams of one call, so that the recording keeps the call's time. */
  addSilence(durationMs: number): void {
    this.boundary();
    if (!this.#record) return;
    const bytes = Math.min(Math.round(durationMs) * BYTES_PER_MS, RECORDING_MAX_BYTES);
    this.#write(new Uint8Array(bytes).fill(MULAW_SILENCE));
  }

  /** Mu-law, 8 kHz; null if none was asked for. A copy. */
  recording(): Uint8Array | null {
    if (!this.#record) return null;
    const all = new Uint8Array(this.#recordedBytes);
    let at = 0;
    for (const block of this.#blocks) {
      const bytes = Math.min(block.length, this.#recordedBytes - at);
      all.set(block.subarray(0, bytes), at);
      at += bytes;
    }
    return all;
  }

  #endSilence(): void {
    const silenceMs = (this.#silenceBytes ?? 0) / BYTES_PER_MS;
    if (silenceMs > 0 && silenceMs <= GAP_MAX_MS)
      (this.#boundary ? this.pausesMs : this.gapsMs).push(silenceMs);
    this.#silenceBytes = 0;
    this.#boundary = false;
  }

  #followLevel(frame: Uint8Array, audioBytes: number): void {
    for (let index = 0; index < audioBytes; index += 1) {
      if (IS_LOUD[frame[index]!] === 1) {
        this.loudMs += frame.length / BYTES_PER_MS;
        this.quietMs = 0;
        return;
      }
    }
    if (this.quietMs !== null) this.quietMs += frame.length / BYTES_PER_MS;
  }

  #write(audio: Uint8Array): void {
    let from = 0;
    while (from < audio.length && this.#recordedBytes < RECORDING_MAX_BYTES) {
      const offset = this.#recordedBytes % BLOCK_BYTES;
      if (offset === 0) this.#blocks.push(new Uint8Array(BLOCK_BYTES));
      const bytes = Math.min(BLOCK_BYTES - offset, audio.length - from);
      this.#blocks.at(-1)!.set(audio.subarray(from, from + bytes), offset);
      from += bytes;
      this.#recordedBytes += bytes;
    }
  }
}
