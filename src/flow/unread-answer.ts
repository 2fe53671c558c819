/**
 * Words that the rules cannot read, as a question for whoever may read them. What recognizers make up in silence is not
 * worth asking about, and is none. Pure.
 */
import { languageWords } from './answers/language-words.ts';
import { transcriptWords } from './answers/normalize.ts';
import { isPhantom } from './answers/phantom.ts';
import { readAnswer } from './answers/read-answer.ts';
import type { Flow } from './flow.ts';
import { lookUp } from './look-up.ts';
import { renderPrompt } from './prompt-template.ts';
import type { FlowState } from './state.ts';

/** Everything that is needed to read an answer without the flow. */
export interface UnreadAnswer {
  readonly kind: 'yes-no' | 'choice' | 'number' | 'digits';
  /** BCP 47. */
  readonly language: string;
  /** The question as this caller was asked it. */
  readonly prompt: string;
  /** Of a choice: each answer's name and the author's words for it. Else empty. */
  readonly choices: readonly { readonly name: string; readonly words: readonly string[] }[];
}

/** Null where the rules can read `text`, where there is nothing to read, and where nothing is asked. */
export function unreadAnswer(flow: Flow, state: FlowState, text: string): UnreadAnswer | null {
  const node = flow.nodes[state.nodeId];
  const language = languageWords(flow.language);
  const words = transcriptWords(text);
  if (state.phase === 'ended' || node?.kind !== 'ask' || language === undefined) return null;
  if (words === null || words.length === 0 || isPhantom(language, words, node.question)) return null;
  if (readAnswer(flow, node, text, 'speech').kind !== 'unclear') return null;
  const { question } = node;
  return {
    kind: question.answer,
    language: flow.language,
    prompt: renderPrompt(flow, node.prompt, (name) => lookUp(state, name)).text,
    choices:
      question.answer === 'choice'
        ? question.choices.map(({ name, keywords }) => ({ name, words: keywords }))
        : [],
  };
}
