import type { Clock } from '../clock.ts';
import type { GapCounts } from './gap-counts.ts';
import type { PromptShelf } from './prompt-registry.ts';
import type { WheelTimers } from './timer-wheel.ts';
import type { Transport } from './transport.ts';

/** What one stream's playback is doing; the transitions stand in `playback.ts`. */
export type PlaybackState =
  /** Nothing is queued and no mark is awaited. */
  | { readonly kind: 'idle' }
  /** The next item's audio is not here; the item says until when it waits. Items before it may still be heard. */
  | { readonly kind: 'waiting' }
  /** There is audio to send, when the lead allows. */
  | { readonly kind: 'sending' }
  /** The socket takes nothing; the peer counts as not reading at `untilAtMs`. */
  | { readonly kind: 'held'; readonly untilAtMs: number }
  /** All is sent; marks are awaited. */
  | { readonly kind: 'draining' }
  | { readonly kind: 'closed' };

/** `played`: heard to its end. `interrupted`: cleared, or the stream ended. `failed`: its audio never came. */
export type PlayOutcome = 'played' | 'interrupted' | 'failed';

/** What playback works with; the registry and the wheel are shared, the transport is its stream's. */
export interface PlaybackOf {
  readonly clock: Clock;
  readonly wheel: WheelTimers;
  readonly registry: PromptShelf;
  readonly transport: Transport;
  /** How long an item may wait for its audio before it fails, from when it is the next to be sent. */
  readonly audioWaitMaxMs: number;
  /** Where gaps are counted. */
  readonly gaps?: GapCounts;
}

/** What playback tells its stream. */
export interface PlaybackHooks {
  /** Its first audio was handed to the carrier. At most once for each item, before `ended`. */
  started(playId: number): void;
  /** Exactly once for each item that was enqueued. `playedMs` is estimated unless it was played to its end; of `sentMs`. */
  ended(playId: number, outcome: PlayOutcome, playedMs: number, sentMs: number): void;
  /** `isIdle` or `audible()` has changed. */
  changed(): void;
  /** After `finish`: the queue has come to its end. Once. */
  finished(): void;
  /** Neither marks nor pongs come, or the socket stays full: the stream is to end. */
  peerDoesNotRead(): void;
  /** Something threw in a call by the wheel or the registry: the stream is to end. */
  threw(thrown: unknown): void;
}
