/**
 * What crosses to and from the voice thread, which owns all synthesis. Workers and the I/O thread ask; a finished
 * prompt goes to the I/O thread once, in shared memory.
 */
import type { ErrorRecord } from '../errors.ts';
import type { VendorChecked, VendorCounts, VendorHealth } from './vendor-messages.ts';

/** I/O thread or worker -> voice thread. The same key asked twice is made once. */
export interface PromptWanted {
  readonly kind: 'prompt.wanted';
  readonly key: string;
  /** `codec-rate`, as `mulaw-8000`. */
  readonly format: string;
  readonly source:
    | { readonly kind: 'text'; readonly text: string; readonly voice: string; readonly language: string }
    | { readonly kind: 'audio'; readonly path: string };
  /** A caller waits for it: before those that are made ahead, and by whoever can speak within the turn. */
  readonly isUrgent: boolean;
}

/** Voice thread -> I/O thread. */
export type FromVoice =
  | VendorChecked
  | VendorCounts
  | VendorHealth
  | { readonly kind: 'voice.ready'; readonly provider: string; readonly voices: readonly string[] }
  | {
      readonly kind: 'prompt.ready';
      readonly key: string;
      readonly format: string;
      readonly wire: Uint8Array<SharedArrayBuffer>;
      readonly levels: Uint8Array<SharedArrayBuffer>;
      readonly audioBytes: number;
      readonly durationMs: number;
      /** Who spoke. */
      readonly provider: string;
      /** The first vendor could not; the same key comes again once it can. */
      readonly isStandIn: boolean;
    }
  | { readonly kind: 'prompt.failed'; readonly key: string; readonly error: ErrorRecord };
