/** How a call of a load came out, as its caller saw it. Pure. */
import type { CallPlan } from './call-plan.ts';

export type CallVerdict =
  /** As planned, to the end; what the server kept of it is still to be held against the plan. */
  | 'right'
  /** Its questions, its steps or who ended it were not as planned. */
  | 'wrong'
  /** Answered in TwiML without a stream. */
  | 'refused'
  /** A webhook or a stream failed, or the stream broke. */
  | 'dropped'
  /** The run was over before the call. */
  | 'cut';

/** How a call's stream ended, of the engine's word. */
export interface StreamEnding {
  readonly how: 'closed' | 'broken' | 'refused' | 'hung-up' | 'protocol';
  /** Of the close frame, or HTTP's; 0: none. */
  readonly code: number;
  readonly stepsDone: number;
  /** Messages with audio from the server. */
  readonly mediaReceived: number;
}

/** 1005 is a close frame without a code: as good as 1000. */
const GOOD_CLOSES: readonly number[] = [1000, 1005];

export function verdictOf(plan: CallPlan, ending: StreamEnding, isRunOver: boolean): CallVerdict {
  const { how, code, mediaReceived, stepsDone } = ending;
  if (how === 'broken' || how === 'refused' || how === 'protocol') return 'dropped';
  if (how === 'closed' && !GOOD_CLOSES.includes(code)) return 'dropped';
  const { endedBy } = plan.expected;
  if (how === 'closed') return endedBy === 'server' && stepsDone === plan.steps.length ? 'right' : 'wrong';
  if (endedBy === 'caller' && stepsDone === plan.steps.length) return 'right';
  if (!isRunOver) return 'wrong';
  // Who only listens is there to be hung up; before the bot was heard, it has not even begun.
  return endedBy === 'nobody' && mediaReceived > 0 ? 'right' : 'cut';
}
