/** An outbound call, from the wish for it to its end, as the store keeps it and threads tell of it. */

/**
 * `waiting`: for a server to place it. `placing`: the carrier was asked, and its answer is not known. Then the carrier's own words
 * (https://www.twilio.com/docs/voice/api/call-resource#call-status-values); `refused` and `expired` were never placed.
 */
export type DialStatus =
  | 'waiting'
  | 'placing'
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'failed'
  | 'canceled'
  | 'refused'
  | 'expired';

/**
 * `async`: the call begins at once, and is told when the carrier knows that a machine has answered. `sync`: it begins when the
 * carrier knows, some seconds later.
 */
export type MachineDetection = 'off' | 'async' | 'sync';

export interface NewDial {
  /** `DL` and 32 hex digits. */
  readonly dialId: string;
  /** E.164. */
  readonly to: string;
  readonly from: string;
  readonly flowHash: string;
  readonly variables: Readonly<Record<string, string | number | boolean>>;
  readonly machineDetection: MachineDetection;
  readonly askedAtWallMs: number;
  /** Nobody is to be rung for it after this. */
  readonly untilWallMs: number;
}

export interface Dial extends NewDial {
  readonly status: DialStatus;
  /** Null before the carrier has named it. */
  readonly callSid: string | null;
  /** The carrier's word: `human`, `machine_end_beep` and so on; null: none. */
  readonly answeredBy: string | null;
  /** Why it came to nothing; null: it did not, or there is no more to say. */
  readonly failure: string | null;
  readonly updatedAtWallMs: number;
}

/** What the carrier says of a call that it was asked for. It says so twice, late, and in any order. */
export interface DialNews {
  readonly dialId: string;
  readonly callSid: string;
  readonly status: DialStatus;
  readonly answeredBy: string | null;
  readonly atWallMs: number;
}

const RANKS: Readonly<Record<DialStatus, number>> = {
  waiting: 0,
  placing: 1,
  queued: 2,
  initiated: 3,
  ringing: 4,
  'in-progress': 5,
  completed: 6,
  busy: 6,
  'no-answer': 6,
  failed: 6,
  canceled: 6,
  refused: 6,
  expired: 6,
};
export const FINAL_RANK = 6;

/** A status never gives way to one of the same rank or a lower one: news may be old. */
export function rankOf(status: DialStatus): number {
  return RANKS[status];
}

export function isFinal(status: DialStatus): boolean {
  return RANKS[status] === FINAL_RANK;
}

/** Null for what is none of the carrier's. */
export function toCarrierStatus(text: string): DialStatus | null {
  const isKnown = Object.hasOwn(RANKS, text) && !['waiting', 'placing', 'refused', 'expired'].includes(text);
  return isKnown ? (text as DialStatus) : null;
}

export function isDialId(text: string): boolean {
  return /^DL[0-9a-f]{32}$/.test(text);
}

/** A fax counts: it takes no answers either. */
export function isMachine(answeredBy: string | null): boolean {
  return answeredBy !== null && /^(machine_|fax)/.test(answeredBy);
}
