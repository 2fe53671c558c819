/**
 * The prompts of one stream, in the order in which they are sent and heard, and what can be asked of them together. Decides
 * nothing and has no clock: `playback.ts` does. I/O thread.
 *
 *   [ sent, its mark awaited ... | next to send | queued ... ]
 *                                ^ a filler goes in here, where that one waits for its audio
 */
import type { Audible } from './barge-in.ts';
import type { PlaybackItem } from './playback-item.ts';

const ITEMS_MAX = 32;

export class PlaybackQueue {
  #items: PlaybackItem[] = [];

  /** Oldest first. Not to be kept: it changes. */
  get items(): readonly PlaybackItem[] {
    return this.#items;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  get isFull(): boolean {
    return this.#items.length >= ITEMS_MAX;
  }

  get first(): PlaybackItem | undefined {
    return this.#items[0];
  }

  add(item: PlaybackItem): void {
    this.#items.push(item);
  }

  /** Puts it before the first that has no audio yet; last, if all have theirs. */
  addBeforeWaiting(item: PlaybackItem): void {
    const at = this.#items.findIndex((queued) => queued.prompt === null);
    this.#items.splice(at < 0 ? this.#items.length : at, 0, item);
  }

  remove(item: PlaybackItem): void {
    this.#items.splice(this.#items.indexOf(item), 1);
  }

  /** The first whose audio and mark are not all sent. */
  nextToSend(): PlaybackItem | undefined {
    return this.#items.find((item) => item.stage !== 'sent');
  }

  /** The one whose turn has come and whose audio has not; whatever was put before it since then. */
  waiting(): PlaybackItem | undefined {
    return this.#items.find((item) => item.prompt === null && item.waitsUntilAtMs !== null);
  }

  /** Those that have no audio yet, for want of this prompt. */
  awaiting(promptKey: string): PlaybackItem[] {
    return this.#items.filter((item) => item.promptKey === promptKey && item.prompt === null);
  }

  /** Where the item stands that waits for this mark; -1 if none does. */
  indexOfMark(name: string): number {
    return this.#items.findIndex((item) => item.stage === 'sent' && item.markName === name);
  }

  /** The carrier may hold some of it still. */
  mayBeHeld(): boolean {
    return this.#items.some((item) => item.sentBytes > 0);
  }

  /** Nothing is heard at `atMs`, by our clock, and nothing is about to be: what comes next waits for its audio, if anything does. */
  isSilent(atMs: number): boolean {
    const next = this.#items.find((item) => !item.isOver(atMs));
    return next === undefined || next.prompt === null;
  }

  /** Whose turn it is to be heard decides, by our clock; after that, what the carrier may still hold. */
  audible(atMs: number): Audible {
    if (this.isEmpty) return 'nothing';
    const current = this.#items.find((item) => !item.isOver(atMs));
    if (current !== undefined) return current.bargeIn ? 'interruptible' : 'protected';
    return this.#items.at(-1)!.bargeIn ? 'interruptible' : 'nothing';
  }
}
