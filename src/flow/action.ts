/** What a flow wants done. The call carries these out, in order, and only after the state was committed. */
import type { Expectation } from './expectation.ts';

/** What is to be heard. `path` is absolute, of a WAV that the flow's loading has checked. */
export type PromptContent =
  | { readonly kind: 'text'; readonly text: string; readonly voice: string; readonly language: string }
  | {
      readonly kind: 'audio';
      readonly path: string /** What it says, for transcripts. */;
      readonly text: string;
    };

/** Whom a call is put through to. */
export interface Transfer {
  /** E.164 or a `sip:` URI. */
  readonly to: string;
  /** Said to whoever answers there, before the two are joined; empty: nothing. */
  readonly whisper: string;
  /** How long it rings there. */
  readonly ringSeconds: number;
}

export type FlowAction =
  | {
      readonly kind: 'play';
      readonly playId: number;
      readonly nodeId: string;
      readonly prompt: PromptContent;
      readonly bargeIn: boolean;
    }
  | {
      readonly kind: 'listen';
      readonly listenId: number;
      readonly nodeId: string;
      readonly expect: Expectation;
      readonly endOfSpeechMs: number;
      readonly maxUtteranceMs: number;
      readonly noInputMs: number;
    }
  /** An answer was read: for transcripts and the record. `value` null means it was heard and not read. */
  | {
      readonly kind: 'record';
      readonly nodeId: string;
      readonly heard: string;
      readonly by: 'speech' | 'digits';
      readonly value: string | number | boolean | null;
    }
  /** The caller wants no more calls: their number goes on the do-not-call list, with the state that says so. */
  | { readonly kind: 'opt-out' }
  /** From here on both sides are kept, or kept no more. */
  | { readonly kind: 'recording'; readonly isOn: boolean }
  /** After the queued prompts: leave the stream and dial. */
  | { readonly kind: 'transfer'; readonly transfer: Transfer }
  /** After the queued prompts: hang up. */
  | { readonly kind: 'hangup' };
