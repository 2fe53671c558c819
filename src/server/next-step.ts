/**
 * What comes after a stream has ended, from what this process remembers and what the store holds. The newer attempt of the
 * two knows; of the same attempt this process knows more, since its last words may still be on their way to the store. Pure.
 */
import type { EndReason, Transfer } from '../channel/messages.ts';
import type { CallRecord } from '../store/call-store.ts';
import type { CallEnd } from './call-directory.ts';

export type NextStep =
  | { readonly kind: 'hangup' }
  /** `endsAttempt`: the record has no end of this stream yet, which comes with it; null: it has. */
  | { readonly kind: 'dial'; readonly transfer: Transfer; readonly endsAttempt: number | null }
  | { readonly kind: 'say'; readonly text: string }
  /** A new stream, with this attempt. */
  | { readonly kind: 'resume'; readonly attempt: number }
  /** The same; the caller is back from a transfer that nobody answered. */
  | { readonly kind: 'return'; readonly attempt: number }
  /** It came back too often, or we no longer know how to go on. */
  | { readonly kind: 'apologize' };

/** A call that loses its stream more often than this has a line that cannot be helped. */
export const RESUMES_MAX = 3;
/** Whoever rings others again and again for one caller is to stop: a flow may lead back to the same transfer. */
const TRANSFER_RETURNS_MAX = 9;

/** Ends after which nobody is there to be put through, or nobody is to be. */
const OVER: readonly EndReason[] = ['caller hung up', 'hung up', 'time limit'];

/** https://www.twilio.com/docs/voice/twiml/dial#attributes-action-parameters */
const UNANSWERED: readonly string[] = ['busy', 'no-answer', 'failed', 'canceled'];

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
  /** How a transfer went, where the carrier asks after one; empty where it does not. */
  readonly dialStatus?: string;
  readonly end: CallEnd | null;
  /** Null if the store holds none or does not answer. */
  readonly record: CallRecord | null;
}

export function nextStep(known: Known): NextStep {
  const { claimedAttempt, dialStatus = '', end, isLive, record, tokenAttempt } = known;
  const attempt = Math.max(tokenAttempt, claimedAttempt, record?.attempt ?? -1) + 1;
  const back: NextStep = attempt > TRANSFER_RETURNS_MAX ? { kind: 'apologize' } : { kind: 'return', attempt };
  // Also where the stream that was to come after it was lost before the flow had heard of it.
  const hasFailed = record?.transferStatus != null && UNANSWERED.includes(record.transferStatus);
  const lost: NextStep = attempt > RESUMES_MAX ? { kind: 'apologize' } : { kind: 'resume', attempt };
  const resume = hasFailed ? back : lost;
  if (dialStatus !== '') return UNANSWERED.includes(dialStatus) ? back : { kind: 'hangup' };
  if (isLive) return resume;
  if (end !== null && end.attempt >= (record?.attempt ?? -1)) {
    const { attempt: endedAttempt, disposition, reason } = end;
    if (disposition === null) return UNFINISHED.includes(reason) ? resume : { kind: 'hangup' };
    if (OVER.includes(reason) || disposition.kind === 'hangup') return { kind: 'hangup' };
    if (disposition.kind === 'say') return { kind: 'say', text: disposition.text };
    // Of a stream that was to come after the transfer, and did not.
    if (tokenAttempt > endedAttempt) return back;
    // Another node was told how it went.
    if (record?.attempt === endedAttempt && record.transferStatus !== null)
      return hasFailed ? back : { kind: 'hangup' };
    return { kind: 'dial', transfer: disposition.transfer, endsAttempt: null };
  }
  if (record === null) return resume;
  const { endReason, transfer, transferStatus } = record;
  if (endReason === null || endReason === 'transferred' || UNFINISHED.includes(endReason)) {
    if (transfer !== null && transferStatus === null && tokenAttempt <= record.attempt)
      return { kind: 'dial', transfer, endsAttempt: endReason === null ? record.attempt : null };
    if (transfer !== null && record.outcome !== null) return hasFailed ? back : { kind: 'hangup' };
    // Kept before records said where to: better an honest word than a dead line.
    if (endReason === 'transferred') return { kind: 'apologize' };
    return record.outcome === null ? resume : { kind: 'hangup' };
  }
  return { kind: 'hangup' };
}
