/** What can happen to a flow. The call makes these from what the media plane and the recognizer report. */
import type { Answers } from './state.ts';

export type FlowEvent =
  | {
      readonly kind: 'started';
      /** E.164 or empty. */
      readonly from: string;
      readonly to: string;
      readonly variables: Answers;
    }
  /** The caller said something that a recognizer could read. `listenId` names the listen it answers; another is stale. */
  | {
      readonly kind: 'answered';
      readonly listenId: number;
      readonly by: 'speech' | 'digits';
      readonly text: string;
      /** Where no rule reads the text: the answer that something else read in it (`answers/read-given.ts`). */
      readonly understood?: string;
    }
  /** Speech that no recognizer could read, or an empty transcript. */
  | { readonly kind: 'not.understood'; readonly listenId: number }
  /** The recognizer failed or was too late: the caller is asked to use the keypad. */
  | { readonly kind: 'recognizer.failed'; readonly listenId: number }
  | { readonly kind: 'no.input'; readonly listenId: number }
  | {
      readonly kind: 'prompt.ended';
      readonly playId: number;
      readonly outcome: 'played' | 'interrupted' | 'failed';
      readonly playedMs: number;
    }
  /** The call came back on a new stream or worker: apologize, ask the current question again. */
  | { readonly kind: 'resumed' }
  /** An outbound call was answered by a machine, which takes a message now. */
  | { readonly kind: 'machine' }
  /** Whom the call was put through to did not answer, or could not be reached; the caller is back. */
  | { readonly kind: 'transfer.failed' }
  /** The last thing that happens, whatever the reason. */
  | { readonly kind: 'ended'; readonly reason: string };
