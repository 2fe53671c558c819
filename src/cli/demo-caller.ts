/**
 * Who calls in the demo: gives the answers of a list, in order, the last one again and again. Numbers are dialled. An
 * answer that the flow's rules can read is given again when the bot asks again: it was not heard.
 */
import { readAnswer } from '../flow/answers/read-answer.ts';
import type { Flow } from '../flow/flow.ts';
import type { AskNode } from '../flow/nodes/flow-node.ts';

export type DemoAnswer =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'press'; readonly keys: string }
  | { readonly kind: 'silence' };

/** The age that a question for a number gets, where the list has none for it. */
const USUAL_NUMBER = 35;

export class DemoCaller {
  readonly #flow: Flow;
  readonly #answers: readonly string[];
  #next = 0;
  #lastNodeId = '';
  #lastAnswer: DemoAnswer | null = null;

  /** `answers`: words to say, keys to press (`1`, `35#`), or `silence`. At least one. */
  constructor(flow: Flow, answers: readonly string[]) {
    this.#flow = flow;
    this.#answers = answers;
  }

  /** What to answer now that this node has asked. */
  answer(nodeId: string): DemoAnswer {
    const node = this.#flow.nodes[nodeId];
    if (node?.kind !== 'ask') return { kind: 'silence' };
    const isAskedAgain = nodeId === this.#lastNodeId;
    this.#lastNodeId = nodeId;
    if (!isAskedAgain || this.#lastAnswer === null || !this.isReadable(node, this.#lastAnswer)) {
      this.#lastAnswer = this.#choose(node);
    }
    return this.#lastAnswer;
  }

  isReadable(node: AskNode, answer: DemoAnswer): boolean {
    if (answer.kind === 'silence') return false;
    const [text, by] =
      answer.kind === 'say' ? ([answer.text, 'speech'] as const) : ([answer.keys, 'digits'] as const);
    return readAnswer(this.#flow, node, text, by).kind !== 'unclear';
  }

  #choose(node: AskNode): DemoAnswer {
    const listed = this.#answers[Math.min(this.#next, this.#answers.length - 1)]!;
    const isKeys = /^[0-9*#]+$/.test(listed);
    const { question } = node;
    if (!isKeys && listed !== 'silence' && (question.answer === 'number' || question.answer === 'digits')) {
      return { kind: 'press', keys: `${usualKeys(question)}#` };
    }
    this.#next += 1;
    if (listed === 'silence') return { kind: 'silence' };
    return isKeys ? { kind: 'press', keys: listed } : { kind: 'say', text: listed };
  }
}

function usualKeys(question: Extract<AskNode['question'], { answer: 'number' | 'digits' }>): string {
  if (question.answer === 'digits') return '123456789012345678901234567890'.slice(0, question.minLength);
  return String(Math.min(question.max, Math.max(question.min, USUAL_NUMBER)));
}
