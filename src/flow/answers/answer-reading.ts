/** What an answer was read as. */
import type { AnswerValue } from '../state.ts';
import type { Intent } from './language-words.ts';

export type AnswerReading =
  | { readonly kind: 'answer'; readonly value: AnswerValue }
  /** Said at any question: "stop calling", "say that again", "operator". */
  | { readonly kind: 'intent'; readonly intent: Intent }
  /** Not certain enough to act on: the caller is asked again. */
  | { readonly kind: 'unclear' };
