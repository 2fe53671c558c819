/**
 * A flow's nodes as `step` reads them: frozen plain data, made by `compile-flow.ts` from the author's file. Nothing here
 * is optional and nothing is left to look up: defaults are filled in, texts are split at their variables, and every way
 * on is an ordered list of rules.
 */
import type { Transfer } from '../action.ts';
import type { Expression } from '../expression/expression.ts';
import type { PromptTemplate } from '../prompt-template.ts';

/** The first rule whose `when` holds decides; the last one's `when` is null, so there is always a way on. */
export interface NextRule {
  readonly when: Expression | null;
  readonly goto: string;
}

interface NodeBase {
  readonly id: string;
  /** 1-based line of the node in its file; 0 for the built-in ends. */
  readonly line: number;
}

/** Says its prompt and goes on. */
export interface SayNode extends NodeBase {
  readonly kind: 'say';
  readonly prompt: PromptTemplate;
  readonly bargeIn: boolean;
  readonly next: readonly NextRule[];
}

/** Begins or ends the recording of the call, and goes on. */
export interface RecordNode extends NodeBase {
  readonly kind: 'record';
  /** Said before it begins, or after it has ended. */
  readonly prompt: PromptTemplate | null;
  readonly bargeIn: boolean;
  readonly isOn: boolean;
  /** The yes-no question without whose yes nothing is recorded; null: the prompt is notice enough. */
  readonly consent: string | null;
  readonly next: readonly NextRule[];
}

/** One thing that can be chosen. */
export interface Choice {
  readonly name: string;
  /** As written, for recognizers that take hints. */
  readonly keywords: readonly string[];
  /** The same, as words to compare. */
  readonly phrases: readonly (readonly string[])[];
}

/** What differs between the kinds of answer. */
export type Question =
  | {
      readonly answer: 'yes-no';
      /** This question's own words, normalized to tokens, beside those of the language. */
      readonly yes: readonly (readonly string[])[];
      readonly no: readonly (readonly string[])[];
      readonly keypad: Readonly<Record<string, boolean>>;
    }
  | {
      readonly answer: 'choice';
      readonly choices: readonly Choice[];
      readonly keypad: Readonly<Record<string, string>>;
    }
  | {
      readonly answer: 'number';
      readonly min: number;
      readonly max: number;
      readonly decimals: boolean;
      /** Words that may stand beside the number, as `days`; normalized. */
      readonly units: readonly string[];
    }
  | { readonly answer: 'digits'; readonly minLength: number; readonly maxLength: number };

/** Asks, listens and goes on by the answer. The answer is kept under the node's id. */
export interface AskNode extends NodeBase {
  readonly kind: 'ask';
  readonly prompt: PromptTemplate;
  readonly bargeIn: boolean;
  readonly question: Question;
  /** Said instead of the question, first try first; the last one serves all later tries. Empty: a system text, then the question. */
  readonly noInput: readonly PromptTemplate[];
  readonly noMatch: readonly PromptTemplate[];
  /** Said when the recognizer failed: which keys to press. */
  readonly keypadHint: PromptTemplate;
  /** Failed tries of any sort after which `otherwise` is taken. */
  readonly tries: number;
  readonly endOfSpeechMs: number;
  readonly maxUtteranceMs: number;
  readonly noInputMs: number;
  readonly interDigitMs: number;
  readonly next: readonly NextRule[];
  readonly otherwise: string;
}

/** Says goodbye; the call ends with this outcome. */
export interface EndNode extends NodeBase {
  readonly kind: 'end';
  readonly prompt: PromptTemplate | null;
  readonly bargeIn: boolean;
  readonly outcome: string;
  /** Who gets here is not to be called any more. */
  readonly optsOut: boolean;
}

/** Says its prompt and leaves the stream for another party. */
export interface TransferNode extends NodeBase {
  readonly kind: 'transfer';
  readonly prompt: PromptTemplate | null;
  readonly bargeIn: boolean;
  readonly transfer: Transfer;
  readonly outcome: string;
  /** The node where nobody answers. */
  readonly otherwise: string;
}

export type FlowNode = SayNode | RecordNode | AskNode | EndNode | TransferNode;

/** Every node that `node` can lead to, without repeats, in order. Intents are not among them: they hold in every question. */
export function waysOn(node: FlowNode): string[] {
  switch (node.kind) {
    case 'say':
    case 'record':
      return [...new Set(node.next.map((rule) => rule.goto))];
    case 'ask':
      return [...new Set([...node.next.map((rule) => rule.goto), node.otherwise])];
    case 'transfer':
      return [node.otherwise];
    case 'end':
      return [];
  }
}
