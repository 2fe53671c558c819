/**
 * How loud the caller hears us about now, so that the receiver can tell our echo from the caller. The network brings our
 * audio there and its echo back, so the loudest of the last 500 ms counts. Called for every inbound frame. I/O thread.
 */
import { type PlaybackItem, SILENCE_DBFS } from './playback-item.ts';

const ECHO_SPAN_MS = 500;

export class PlayoutLevel {
  /** What was audible last and is queued no more: its echo still comes. */
  #last: PlaybackItem | null = null;
  #lastEndedAtMs = 0;

  /** Whether there is nothing to ask: then no clock needs to be read. */
  isSilent(queue: readonly PlaybackItem[]): boolean {
    return this.#last === null && queue.length === 0;
  }

  /** `item` has left the queue: played to its end, or cleared at `nowMs`. */
  ended(item: PlaybackItem, nowMs: number): void {
    this.#last = item;
    this.#lastEndedAtMs = Math.min(nowMs, item.sentUntilAtMs);
  }

  /** dBFS; `SILENCE_DBFS` for silence. */
  loudestDbfs(queue: readonly PlaybackItem[], nowMs: number): number {
    const fromAtMs = nowMs - ECHO_SPAN_MS;
    let loudestDbfs = SILENCE_DBFS;
    for (let index = 0; index < queue.length; index++) {
      loudestDbfs = Math.max(loudestDbfs, queue[index]!.loudestDbfs(fromAtMs, nowMs));
    }
    if (this.#last === null) return loudestDbfs;
    if (this.#lastEndedAtMs >= fromAtMs) {
      return Math.max(loudestDbfs, this.#last.loudestDbfs(fromAtMs, this.#lastEndedAtMs));
    }
    this.#last = null;
    return loudestDbfs;
  }

  /** Lets go of the audio. */
  close(): void {
    this.#last = null;
  }
}
