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
  /** After the queued prompts: leave the stream and dial. E.164 or `sip:` URI. */
  | { readonly kind: 'transfer'; readonly to: string }
  /** After the queued prompts: hang up. */
  | { readonly kind: 'hangup' };
