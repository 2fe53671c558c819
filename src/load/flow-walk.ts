/**
 * A caller's way through a flow: what it answers to each question, drawn by chance, and where the flow must end for these
 * answers. What a call really came to is held against it. Pure.
 */
import type { FlowEvent } from '../flow/event.ts';
import type { Flow } from '../flow/flow.ts';
import { initialState } from '../flow/initial-state.ts';
import type { AskNode } from '../flow/nodes/flow-node.ts';
import type { Answers, FlowState } from '../flow/state.ts';
import { step } from '../flow/step.ts';
import type { Random } from '../simulator/random.ts';
import type { Word } from './marker.ts';

type Given =
  | { readonly kind: 'say'; readonly word: Word }
  | { readonly kind: 'press'; readonly keys: string };

export type WalkAnswer = Given & {
  /** The question's `no_input_ms`: who has not begun by then is asked again. */
  readonly patienceMs: number;
};

export interface FlowWalk {
  /** One a question, in order; none for a caller who says nothing. */
  readonly turns: readonly WalkAnswer[];
  /** As the record of a call that got this far has it. */
  readonly endReason: 'completed' | 'transferred';
  readonly outcome: string | null;
  readonly answers: Answers;
}

/** More turns than any flow has tries; a flow always ends (`load-flow.ts` checks it). */
const TURNS_MAX = 200;

/** `by`: how yes and no are given; other questions are answered on the keypad. `turnsMax`: the caller leaves after so many. */
export function walkFlow(
  flow: Flow,
  by: 'voice' | 'keypad' | 'silence',
  random: Random,
  turnsMax = TURNS_MAX,
): FlowWalk {
  const facts = { from: '', to: '', variables: {} };
  let state: FlowState = step(flow, initialState(flow, facts), { kind: 'started', ...facts }).state;
  const turns: WalkAnswer[] = [];
  for (let turn = 0; turn < Math.min(turnsMax, TURNS_MAX) && state.phase === 'asking'; turn += 1) {
    const { listenId } = state;
    let event: FlowEvent = { kind: 'no.input', listenId };
    const node = flow.nodes[state.nodeId];
    if (by !== 'silence' && node?.kind === 'ask') {
      const answer: WalkAnswer = { ...answerTo(node, by, random), patienceMs: node.noInputMs };
      turns.push(answer);
      event =
        answer.kind === 'say'
          ? { kind: 'answered', listenId, by: 'speech', text: answer.word }
          : { kind: 'answered', listenId, by: 'digits', text: answer.keys.replace(/#$/, '') };
    }
    state = step(flow, state, event).state;
  }
  const endReason = flow.nodes[state.nodeId]?.kind === 'transfer' ? 'transferred' : 'completed';
  return { turns, endReason, outcome: state.outcome, answers: state.answers };
}

function answerTo({ question }: AskNode, by: 'voice' | 'keypad', random: Random): Given {
  switch (question.answer) {
    case 'yes-no': {
      const isYes = random() < 0.5;
      if (by === 'voice') return { kind: 'say', word: isYes ? 'yes' : 'no' };
      const key = Object.entries(question.keypad).find(([, means]) => means === isYes)?.[0];
      return { kind: 'press', keys: key ?? '1' };
    }
    case 'choice': {
      const keys = Object.keys(question.keypad);
      return { kind: 'press', keys: keys[Math.floor(random() * keys.length)] ?? '1' };
    }
    case 'number': {
      const value = Math.ceil(question.min + random() * Math.min(100, question.max - question.min));
      return { kind: 'press', keys: `${Math.min(value, Math.floor(question.max))}#` };
    }
    case 'digits': {
      const digits = '1234567890'.repeat(4).slice(0, question.minLength);
      return { kind: 'press', keys: question.minLength === question.maxLength ? digits : `${digits}#` };
    }
  }
}
