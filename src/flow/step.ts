/**
 * The bot: `step(flow, state, event)` gives the next state and what is to be done. Pure and deterministic: no clock, no
 * chance, no I/O; the same calls give the same results on any thread, so a recorded call replays exactly.
 *
 *     phase   event              condition                     next                      actions
 *     ------  -----------------  ----------------------------  ------------------------  --------------------------
 *     asking  started            nothing asked yet             first question or end     play..., listen | closing
 *     asking  started            otherwise                     same                      none
 *     asking  answered           listenId stale                same                      none
 *     asking  answered           an answer                     answers + 1, by `next`    record, play..., listen | closing
 *     asking  answered           "stop calling", "operator"    the intent's node         record, play..., listen | closing
 *     asking  answered           "say that again", # or *      same question             record, play, listen
 *     asking  answered           unclear, or 5 repeats         noMatchCount + 1          record, re-prompt, listen
 *     asking  not.understood     listenId current              noMatchCount + 1          re-prompt, listen
 *     asking  no.input           listenId current              noInputCount + 1          re-prompt, listen
 *     asking  recognizer.failed  listenId current              noMatchCount + 1          keypad hint, listen
 *     asking  (the last four)    tries are used up             by `otherwise`            play..., listen | closing
 *     asking  (the last four)    listenId stale                same                      none
 *     asking  machine            any                           the voicemail node        play..., listen | closing
 *     asking  resumed            nothing asked yet             as started                play..., listen | closing
 *     asking  resumed            resumes < 3, node known       resumes + 1               apology, question, listen
 *     asking  resumed            otherwise                     built-in end              goodbye, hangup
 *     asking  prompt.ended       any                           same                      none
 *     asking  ended              any                           phase ended               none
 *     ended   transfer.failed    at a transfer                 by `otherwise`            play..., listen | closing
 *     ended   any                otherwise                     same                      none
 *
 * *closing* is: play the goodbye if there is one, then hangup or transfer. A prompt whose audio failed changes nothing
 * here: the caller, hearing no question, says nothing, and the re-prompt follows.
 */
import type { FlowAction } from './action.ts';
import type { AnswerReading } from './answers/answer-reading.ts';
import { readAnswer } from './answers/read-answer.ts';
import { readGiven } from './answers/read-given.ts';
import { closingAction } from './closing-action.ts';
import type { FlowEvent } from './event.ts';
import { expectationOf } from './expectation-of.ts';
import { holds } from './expression/expression.ts';
import { FAILED_NODE, type Flow } from './flow.ts';
import { callVariables } from './initial-state.ts';
import { lookUp } from './look-up.ts';
import type { AskNode, FlowNode, RecordNode, SayNode } from './nodes/flow-node.ts';
import { type PromptTemplate, parseTemplate, renderPrompt } from './prompt-template.ts';
import type { AnswerValue, FlowState } from './state.ts';

export interface Stepped {
  readonly state: FlowState;
  /** To be carried out in order, once the state is committed. */
  readonly actions: readonly FlowAction[];
}

/** A call that was lost this often at one question, with nothing heard in between, is let go: the line, or we, cannot carry it. */
const RESUMES_MAX = 3;
/** Asking for the same question again and again counts as not understood after this many times. */
const REPEATS_MAX = 5;
/** A transcript is kept in the record up to this length. */
const HEARD_CHARACTERS_MAX = 500;

/** Never throws for any state that it made itself, with the same flow. */
export function step(flow: Flow, state: FlowState, event: FlowEvent): Stepped {
  if (state.phase === 'ended')
    return event.kind === 'transfer.failed' ? transferFailed(flow, state) : unchanged(state);
  switch (event.kind) {
    case 'started':
      if (state.listenId > 0) return unchanged(state);
      return enter(
        flow,
        { ...state, variables: callVariables(flow, state.variables, event) },
        flow.start,
        [],
      );
    case 'answered':
      return isStale(state, event) ? unchanged(state) : answered(flow, gotOn(state), event);
    case 'not.understood':
      return isStale(state, event) ? unchanged(state) : missed(flow, gotOn(state), 'noMatch', []);
    case 'no.input':
      return isStale(state, event) ? unchanged(state) : missed(flow, gotOn(state), 'noInput', []);
    case 'recognizer.failed':
      return isStale(state, event) ? unchanged(state) : missed(flow, gotOn(state), 'recognizer', []);
    case 'resumed':
      return resumed(flow, state);
    case 'machine':
      return machineAnswered(flow, state);
    case 'prompt.ended':
    case 'transfer.failed':
      return unchanged(state);
    case 'ended':
      return { state: { ...state, phase: 'ended' }, actions: [] };
  }
}

function unchanged(state: FlowState): Stepped {
  return { state, actions: [] };
}

/** The caller was heard, or waited for, since the call last came back: what was lost before does not count any more. */
function gotOn(state: FlowState): FlowState {
  return state.resumes === 0 ? state : { ...state, resumes: 0 };
}

function isStale(state: FlowState, event: { readonly listenId: number }): boolean {
  return state.listenId === 0 || event.listenId !== state.listenId;
}

function answered(flow: Flow, state: FlowState, event: FlowEvent & { kind: 'answered' }): Stepped {
  const node = askNodeOf(flow, state);
  const reading = readingOf(flow, node, event);
  const record = (value: AnswerValue | null): FlowAction => ({
    kind: 'record',
    nodeId: node.id,
    heard: event.text.slice(0, HEARD_CHARACTERS_MAX),
    by: event.by,
    value,
  });
  switch (reading.kind) {
    case 'answer': {
      const next: FlowState = {
        ...state,
        answers: { ...state.answers, [node.id]: reading.value },
        turnIndex: state.turnIndex + 1,
      };
      return enter(flow, next, nextOf(flow, next, node), [record(reading.value)]);
    }
    case 'unclear':
      return missed(flow, state, 'noMatch', [record(null)]);
    case 'intent':
      if (reading.intent === 'repeat') {
        if (state.repeatCount >= REPEATS_MAX) return missed(flow, state, 'noMatch', [record(null)]);
        return ask(
          flow,
          { ...state, repeatCount: state.repeatCount + 1 },
          node,
          [node.prompt],
          [record(null)],
        );
      }
      return enter(flow, state, intentNode(flow, reading.intent) ?? node.otherwise, [
        record(null),
        ...(reading.intent === 'opt-out' ? [{ kind: 'opt-out' } as const] : []),
      ]);
  }
}

/** The rules first: what something else understood counts only where they could read nothing. */
function readingOf(flow: Flow, node: AskNode, event: FlowEvent & { kind: 'answered' }): AnswerReading {
  const reading = readAnswer(flow, node, event.text, event.by);
  if (reading.kind !== 'unclear' || event.understood === undefined) return reading;
  const value = readGiven(node.question, event.understood);
  return value === null ? reading : { kind: 'answer', value };
}

function intentNode(flow: Flow, intent: 'opt-out' | 'operator'): string | null {
  return intent === 'opt-out' ? flow.intents.optOut : flow.intents.operator;
}

/** One more failed try: a re-prompt, or `otherwise` when the tries are used up. */
function missed(
  flow: Flow,
  state: FlowState,
  why: 'noMatch' | 'noInput' | 'recognizer',
  before: readonly FlowAction[],
): Stepped {
  const node = askNodeOf(flow, state);
  const next: FlowState = {
    ...state,
    noInputCount: state.noInputCount + (why === 'noInput' ? 1 : 0),
    noMatchCount: state.noMatchCount + (why === 'noInput' ? 0 : 1),
  };
  if (next.noInputCount + next.noMatchCount >= node.tries) return enter(flow, next, node.otherwise, before);
  if (why === 'recognizer') return ask(flow, next, node, [node.keypadHint], before);
  const own = why === 'noInput' ? node.noInput : node.noMatch;
  const count = why === 'noInput' ? next.noInputCount : next.noMatchCount;
  const reprompt = own[Math.min(count, own.length) - 1];
  if (reprompt !== undefined) return ask(flow, next, node, [reprompt], before);
  const sorry = why === 'noInput' ? flow.messages.no_input : flow.messages.no_match;
  return ask(flow, next, node, [parseTemplate(sorry), node.prompt], before);
}

function resumed(flow: Flow, state: FlowState): Stepped {
  if (state.listenId === 0) return enter(flow, state, flow.start, []);
  if (state.resumes >= RESUMES_MAX) return enter(flow, state, FAILED_NODE, []);
  const node = flow.nodes[state.nodeId];
  // A state of another version of the flow, where the question no longer is.
  if (node?.kind !== 'ask') return enter(flow, state, FAILED_NODE, []);
  const apology = parseTemplate(flow.messages.resumed);
  return ask(
    flow,
    { ...state, resumes: state.resumes + 1 },
    node,
    [apology, node.prompt],
    recordingAsItWas(state),
  );
}

/** Told again: the stream that was recorded is gone, or whoever was to be told of its end. */
function recordingAsItWas({ isRecorded }: FlowState): readonly FlowAction[] {
  return isRecorded === undefined ? [] : [{ kind: 'recording', isOn: isRecorded }];
}

/** What was heard until now was its greeting, consent included. Once: it is told as often as the call is made anew. */
function machineAnswered(flow: Flow, state: FlowState): Stepped {
  if (state.isMachine === true) return unchanged(state);
  const isRecorded = state.isRecorded === true;
  return enter(
    flow,
    { ...state, answers: {}, isMachine: true, ...(isRecorded ? { isRecorded: false } : {}) },
    flow.voicemail,
    isRecorded ? [{ kind: 'recording', isOn: false }] : [],
  );
}

/** The caller is back from a transfer that nobody answered. */
function transferFailed(flow: Flow, state: FlowState): Stepped {
  const node = flow.nodes[state.nodeId];
  if (node?.kind !== 'transfer' || state.outcome === null) return unchanged(state);
  return enter(flow, { ...state, phase: 'asking', outcome: null }, node.otherwise, recordingAsItWas(state));
}

/**
 * Goes to a node, and on through those that say and record to the next question or end. The load check allows no circle of them;
 * the bound is for a state from elsewhere.
 */
function enter(flow: Flow, from: FlowState, nodeId: string, before: readonly FlowAction[]): Stepped {
  let state = from;
  const actions = [...before];
  let node = flow.nodes[nodeId] ?? flow.nodes[FAILED_NODE]!;
  const stepsMax = Object.keys(flow.nodes).length;
  for (let steps = 0; isPassed(node) && steps <= stepsMax; steps++) {
    state =
      node.kind === 'say'
        ? play(flow, state, node, [node.prompt], actions)
        : record(flow, state, node, actions);
    node = flow.nodes[nextOf(flow, state, node)] ?? flow.nodes[FAILED_NODE]!;
  }
  if (isPassed(node)) node = flow.nodes[FAILED_NODE]!;
  if (node.kind === 'ask') {
    const fresh = { ...state, nodeId: node.id, noInputCount: 0, noMatchCount: 0, repeatCount: 0 };
    return ask(flow, fresh, node, [node.prompt], actions);
  }
  if (isPassed(node)) throw new RangeError('unreachable: the built-in end is an end');
  // Who said so has been put down by that already, wherever the flow goes on then.
  if (node.kind === 'end' && node.optsOut && !actions.some(({ kind }) => kind === 'opt-out'))
    actions.push({ kind: 'opt-out' });
  if (node.prompt !== null) state = play(flow, state, node, [node.prompt], actions);
  const ended: FlowState = { ...state, nodeId: node.id, phase: 'ended', outcome: node.outcome };
  return { state: ended, actions: [...actions, closingAction(flow, ended, node)] };
}

function isPassed(node: FlowNode): node is SayNode | RecordNode {
  return node.kind === 'say' || node.kind === 'record';
}

/** Without the consent that it asks for, it does nothing. Notice comes before a recording begins, and word of its end after. */
function record(flow: Flow, state: FlowState, node: RecordNode, actions: FlowAction[]): FlowState {
  const { consent, isOn, prompt } = node;
  if (consent !== null && state.answers[consent] !== true) {
    if (state.isRecorded !== true) return state;
    // It was given before, and has been taken back.
    actions.push({ kind: 'recording', isOn: false });
    return { ...state, isRecorded: false };
  }
  const action: FlowAction = { kind: 'recording', isOn };
  if (!isOn) actions.push(action);
  const said = prompt === null ? state : play(flow, state, node, [prompt], actions);
  if (isOn) actions.push(action);
  return { ...said, isRecorded: isOn };
}

function ask(
  flow: Flow,
  state: FlowState,
  node: AskNode,
  prompts: readonly PromptTemplate[],
  before: readonly FlowAction[],
): Stepped {
  const actions = [...before];
  const next = play(flow, state, node, prompts, actions);
  const listenId = next.listenId + 1;
  actions.push({
    kind: 'listen',
    listenId,
    nodeId: node.id,
    expect: expectationOf(flow, node),
    endOfSpeechMs: node.endOfSpeechMs,
    maxUtteranceMs: node.maxUtteranceMs,
    noInputMs: node.noInputMs,
  });
  return { state: { ...next, listenId }, actions };
}

/** Appends the prompts to `actions`; a text that came out empty is not played. */
function play(
  flow: Flow,
  state: FlowState,
  node: FlowNode,
  prompts: readonly PromptTemplate[],
  actions: FlowAction[],
): FlowState {
  let playId = state.nextPlayId;
  for (const template of prompts) {
    const prompt = renderPrompt(flow, template, (name) => lookUp(state, name));
    if (prompt.kind === 'text' && prompt.text === '') continue;
    actions.push({ kind: 'play', playId, nodeId: node.id, prompt, bargeIn: node.bargeIn });
    playId += 1;
  }
  return { ...state, nextPlayId: playId };
}

function nextOf(flow: Flow, state: FlowState, node: FlowNode & { readonly next: AskNode['next'] }): string {
  const rule = node.next.find(({ when }) => when === null || holds(when, (name) => lookUp(state, name)));
  return rule?.goto ?? flow.start;
}

function askNodeOf(flow: Flow, state: FlowState): AskNode {
  const node = flow.nodes[state.nodeId];
  if (node?.kind !== 'ask')
    throw new RangeError(`Expected a state at an ask node, received "${state.nodeId}"`);
  return node;
}
