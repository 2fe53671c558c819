/** What threads that talk to vendors tell the I/O thread of them. Told at changes and at ends of calls, never per request. */

export type VendorRole = 'recognizer' | 'synthesizer' | 'understanding';

/** A breaker has opened or closed: `down` vendors are passed over until a trial succeeds. */
export interface VendorHealth {
  readonly kind: 'vendor.health';
  readonly role: VendorRole;
  readonly provider: string;
  readonly state: 'up' | 'down';
  /** What opened it, without anything that a caller said; empty for `up`. */
  readonly why: string;
}

/** What the check at start found of one vendor. `text` is a sentence for the operator. */
export interface VendorChecked {
  readonly kind: 'vendor.checked';
  readonly provider: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly text: string;
}

/** Requests since the last such message of the same thread, by role, provider and how they ended. */
export interface VendorCounts {
  readonly kind: 'vendor.counts';
  readonly counts: readonly VendorCount[];
}

export interface VendorCount {
  readonly role: VendorRole;
  readonly provider: string;
  /**
   * `speculated`: sent in a caller's pause, beside how it ended. `withdrawn`: aborted because the caller went on, or the
   * call had no more use for it.
   */
  readonly outcome: 'ok' | 'failed' | 'late' | 'withdrawn' | 'skipped' | 'speculated';
  readonly requests: number;
}
