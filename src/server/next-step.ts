/**
 * What comes after a stream has ended, from what this process remembers and what the store holds. The newer attempt of the
 * two knows; of the same attempt this process knows more, since its last words may still be on their way to the store. Pure.
 */
import type { EndReason } from '../channel/messages.ts';
import type { CallRecord } from '../store/call-store.ts';
import type { CallEnd } from './call-directory.ts';

export type NextStep =
  | { readonly kind: 'hangup' }
  | { readonly kind: 'dial'; readonly to: string }
  | { readonly kind: 'say'; readonly text: string }
  /** A new stream, with this attempt. */
  | { readonly kind: 'resume'; readonly attempt: number }
  /** It came back too often, or we no longer know how to go on. */
  | { readonly kind: 'apologize' };

/** A call that loses its stream more often than this has a line that cannot be helped. */
export const RESUMES_MAX = 3;

/** Ends after which the caller is still there and nothing has been said to close the call. */
const UNFINISHED: readonly EndReason[] = [
  'stream lost',
  'node lost',
  'superseded',
  'peer does not read',
  'protocol violation',
  'shutting down',
];

export interface Known {
  /** Of the call token: the stream whose end is reported. */
  readonly tokenAttempt: number;
  /** The highest attempt whose stream came to this process, or -1. */
  readonly claimedAttempt: number;
  /** A stream of the call is open here: the carrier has lost it. */
  readonly isLive: boolean;
  readonly end: CallEnd | null;
  /** Null if the store holds none or does not answer. */
  readonly record: CallRecord | null;
}

export function nextStep(known: Known): NextStep {
  const { claimedAttempt, end, isLive, record, tokenAttempt } = known;
  const attempt = Math.max(tokenAttempt, claimedAttempt, record?.attempt ?? -1) + 1;
  const resume: NextStep = attempt > RESUMES_MAX ? { kind: 'apologize' } : { kind: 'resume', attempt };
  if (isLive) return resume;
  if (end !== null && end.attempt >= (record?.attempt ?? -1)) {
    // Who hung up is not there to be transferred.
    if (end.disposition?.kind === 'transfer' && end.reason !== 'caller hung up') {
      return { kind: 'dial', to: end.disposition.to };
    }
    if (end.disposition?.kind === 'say' && end.reason !== 'caller hung up') {
      return { kind: 'say', text: end.disposition.text };
    }
    if (end.disposition !== null) return { kind: 'hangup' };
    return UNFINISHED.includes(end.reason) ? resume : { kind: 'hangup' };
  }
  if (record === null) return resume;
  const { endReason, transferTo } = record;
  if (endReason === null || endReason === 'transferred' || UNFINISHED.includes(endReason)) {
    if (transferTo !== null) return { kind: 'dial', to: transferTo };
    // Kept before records said where to: better an honest word than a dead line.
    if (endReason === 'transferred') return { kind: 'apologize' };
    return record.outcome === null ? resume : { kind: 'hangup' };
  }
  return { kind: 'hangup' };
}
