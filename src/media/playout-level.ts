/**
 * How loud the caller hears us about now, so that the receiver can tell our echo from the caller. The network brings our
 * audio there and its echo back, so the loudest of some time back counts: no more than the echo needs, since a soft voice
 * is not heard meanwhile, and people answer within half a second. While something plays, called for one inbound frame in five. I/O thread.
 */
import { type PlaybackItem, SILENCE_DBFS } from './playback-item.ts';

/** What the receiver itself looks back (native/dsp/endpointer.h), less 200 ms for the way within the caller's own telephone. */
const COVERED_BY_RECEIVER_MS = 200;
/** Our clock of what is heard is no better. */
const ECHO_SPAN_MIN_MS = 100;
/** What is said of the level holds for the five messages that are taken in by it (`takeDirectly` of the receiver). */
const AHEAD_MS = 100;
/** While the round trip is not known: one of 700 ms. */
const ECHO_SPAN_FIRST_MS = 500;

export class PlayoutLevel {
  /** What was audible last and is queued no more: its echo still comes. */
  #last: PlaybackItem | null = null;
  #lastEndedAtMs = 0;
  #echoSpanMs = ECHO_SPAN_FIRST_MS;

  /** Whether there is nothing to ask: then no clock needs to be read. */
  isSilent(queue: readonly PlaybackItem[]): boolean {
    return this.#last === null && queue.length === 0;
  }

  /** Nothing plays any more and its echo still comes: each frame is to be asked about, since a soft answer begins now. */
  isFading(queue: readonly PlaybackItem[]): boolean {
    return this.#last !== null && queue.length === 0;
  }

  /** `item` has left the queue: played to its end, or cleared at `nowMs`. */
  ended(item: PlaybackItem, nowMs: number): void {
    this.#last = item;
    this.#lastEndedAtMs = Math.min(nowMs, item.sentUntilAtMs);
  }

  /** A mark came back so long after its audio was due to have been heard: the network's way there and back. */
  roundTripTook(durationMs: number): void {
    this.#echoSpanMs = Math.max(ECHO_SPAN_MIN_MS, durationMs - COVERED_BY_RECEIVER_MS);
  }

  /** dBFS; `SILENCE_DBFS` for silence. */
  loudestDbfs(queue: readonly PlaybackItem[], nowMs: number): number {
    const fromAtMs = nowMs - this.#echoSpanMs;
    let loudestDbfs = SILENCE_DBFS;
    for (let index = 0; index < queue.length; index++) {
      loudestDbfs = Math.max(loudestDbfs, queue[index]!.loudestDbfs(fromAtMs, nowMs + AHEAD_MS));
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
