/**
 * What Twilio holds of a stream's outbound audio: queued mu-law, played in real time 20 ms by 20 ms, with marks between.
 * No time and no sockets here; `CarrierStream` takes a frame at each tick.
 */
import { MULAW_SILENCE } from './mulaw.ts';

/** Twilio discards what would go beyond ten minutes (warning 31931). */
export const BUFFER_MAX_BYTES = 10 * 60 * 8000;

interface PendingMark {
  readonly name: string;
  /** Counted in bytes since the stream began: echoed once that much has been played. */
  readonly atBytes: number;
}

export class PlaybackBuffer {
  #chunks: Uint8Array[] = [];
  #head = 0;
  #headOffset = 0;
  #queuedBytes = 0;
  #playedBytes = 0;
  #marks: PendingMark[] = [];

  get bufferedBytes(): number {
    return this.#queuedBytes - this.#playedBytes;
  }

  /** Takes the array over. False: it did not fit and is discarded. */
  enqueue(audio: Uint8Array): boolean {
    if (this.bufferedBytes + audio.length > BUFFER_MAX_BYTES) return false;
    if (audio.length > 0) this.#chunks.push(audio);
    this.#queuedBytes += audio.length;
    return true;
  }

  /** True: nothing is before it, echo it now. False: it waits for the audio before it. */
  mark(name: string): boolean {
    if (this.bufferedBytes === 0) return true;
    this.#marks.push({ name, atBytes: this.#queuedBytes });
    return false;
  }

  /** Fills `frame`, with silence where there is no audio. Returns the bytes of audio in it, always at its front. */
  take(frame: Uint8Array): number {
    let filled = 0;
    while (filled < frame.length && this.#head < this.#chunks.length) {
      const chunk = this.#chunks[this.#head]!;
      const bytes = Math.min(frame.length - filled, chunk.length - this.#headOffset);
      frame.set(chunk.subarray(this.#headOffset, this.#headOffset + bytes), filled);
      filled += bytes;
      this.#headOffset += bytes;
      if (this.#headOffset === chunk.length) {
        this.#head += 1;
        this.#headOffset = 0;
      }
    }
    if (this.#head > 64 || this.#head === this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
    frame.fill(MULAW_SILENCE, filled);
    this.#playedBytes += filled;
    return filled;
  }

  /** Names of the marks whose audio has been played since the last call, in order. */
  takePassedMarks(): readonly string[] {
    let passed = 0;
    while (passed < this.#marks.length && this.#marks[passed]!.atBytes <= this.#playedBytes) passed += 1;
    return passed === 0 ? NO_MARKS : this.#marks.splice(0, passed).map((mark) => mark.name);
  }

  /** Empties the buffer. Returns the marks that were pending: Twilio echoes them now, though they were not heard. */
  clear(): { readonly pendingMarks: readonly string[]; readonly droppedBytes: number } {
    const droppedBytes = this.bufferedBytes;
    const pendingMarks = this.#marks.map((mark) => mark.name);
    this.#chunks = [];
    this.#head = 0;
    this.#headOffset = 0;
    this.#marks = [];
    this.#queuedBytes = this.#playedBytes;
    return { pendingMarks, droppedBytes };
  }
}

const NO_MARKS: readonly string[] = [];
