/**
 * A call as a value: everything that `step` needs to go on, small, plain and JSON-safe. It is committed at every
 * transition and outlives its worker, process and machine.
 */
export type AnswerValue = string | number | boolean;
export type Answers = Readonly<Record<string, AnswerValue>>;

export interface FlowState {
  /** The flow's text, by hash: a resumed call goes on with the version it began with. */
  readonly flowHash: string;
  readonly nodeId: string;
  readonly phase: 'asking' | 'ended';
  readonly variables: Answers;
  readonly answers: Answers;
  /** Outcome of the end node reached, or null. */
  readonly outcome: string | null;
  /** How often the current question was answered with nothing, and with nothing readable. */
  readonly noInputCount: number;
  readonly noMatchCount: number;
  /** How often the caller asked to hear the current question again. */
  readonly repeatCount: number;
  /** The listen that an answer must name; older ones are stale. 0: nothing was asked yet. */
  readonly listenId: number;
  readonly nextPlayId: number;
  /** Questions answered so far. */
  readonly turnIndex: number;
  /** A machine has the call, and hears the voicemail node. */
  readonly isMachine?: true;
  /** The call is kept as audio, or no more, since the flow wants it so. Absent: it has said nothing of that. */
  readonly isRecorded?: boolean;
  /** How often the call came back since something was last heard, or waited for in vain. */
  readonly resumes: number;
}
