/**
 * One call with nothing real around it: a clock that stands still, a store and a recognizer that answer when told, and a
 * script of two questions. What the call posts is kept in `posted`.
 */

import type { PcmAudio } from '../../src/audio/audio-format.ts';
import { Call, type CallParts } from '../../src/call/call.ts';
import type { Transition } from '../../src/call/committed.ts';
import type { Script } from '../../src/call/script.ts';
import type { CallStart, EndReason, FromCall, ToCall, Transfer } from '../../src/channel/messages.ts';
import type { TurnRecord } from '../../src/channel/store-messages.ts';
import type { FlowAction } from '../../src/flow/action.ts';
import type { FlowEvent } from '../../src/flow/event.ts';
import type { Expectation } from '../../src/flow/expectation.ts';
import type { FlowState } from '../../src/flow/state.ts';
import type { UnreadAnswer } from '../../src/flow/unread-answer.ts';
import type { Recognizer, SpeechExpectation, Transcript } from '../../src/speech/recognizer.ts';
import { VendorTally } from '../../src/speech/resilience/vendor-tally.ts';
import type { CommitResult } from '../../src/store/call-store.ts';
import { FakeClock } from './fake-clock.ts';
import { silentLog } from './silent-log.ts';

export const YES_NO: Expectation = {
  kind: 'yes-no',
  language: 'en',
  keywords: ['yes', 'no'],
  keypad: { maxDigits: 1, terminator: null, interDigitMs: 3000 },
};
export const NUMBER: Expectation = {
  kind: 'number',
  language: 'en',
  keywords: [],
  keypad: { maxDigits: 3, terminator: '#', interDigitMs: 3000 },
};

const FIRST_STATE: FlowState = {
  flowHash: 'test',
  nodeId: 'first',
  phase: 'asking',
  variables: {},
  answers: {},
  outcome: null,
  noInputCount: 0,
  noMatchCount: 0,
  repeatCount: 0,
  listenId: 0,
  nextPlayId: 1,
  turnIndex: 0,
  resumes: 0,
};

/** Asks `expect` again and again, until it is answered with `bye` or `transfer`; keeps every event. */
export class FakeScript implements Script {
  readonly flowHash = 'test';
  readonly filler = { kind: 'text', text: 'One moment.', voice: 'slt', language: 'en' } as const;
  readonly lastResort = 'Something went wrong.';
  /** Texts that no rule reads. */
  readonly unreadable = new Set<string>();
  readonly events: FlowEvent[] = [];
  readonly expect: Expectation;
  bargeIn = true;
  /** Thrown by the next step. */
  throws: Error | null = null;

  constructor(expect: Expectation) {
    this.expect = expect;
  }

  initialState(): FlowState {
    return FIRST_STATE;
  }

  step(state: FlowState, event: FlowEvent): Transition {
    this.events.push(event);
    if (this.throws !== null) throw this.throws;
    if (event.kind === 'prompt.ended') return { state, actions: [] };
    if (event.kind === 'ended')
      return { state: state.phase === 'ended' ? state : { ...state, phase: 'ended' }, actions: [] };
    if ('listenId' in event && event.listenId !== state.listenId) return { state, actions: [] };
    if (event.kind === 'answered' && event.text === 'mute') {
      return { state: { ...state, turnIndex: state.turnIndex + 1 }, actions: [] };
    }
    if (event.kind === 'answered' && (event.text === 'bye' || event.text === 'transfer')) {
      const ended: FlowState = { ...state, phase: 'ended', outcome: event.text, nextPlayId: 100 };
      return { state: ended, actions: [this.#play(99, 'Goodbye.'), lastAction(ended)] };
    }
    const listenId = state.listenId + 1;
    const actions: FlowAction[] = [];
    if (event.kind === 'answered') {
      actions.push({ kind: 'record', nodeId: 'first', heard: event.text, by: event.by, value: true });
    }
    actions.push(this.#play(listenId, `Question ${listenId}?`), {
      kind: 'listen',
      listenId,
      nodeId: 'first',
      expect: this.expect,
      endOfSpeechMs: 600,
      maxUtteranceMs: 10_000,
      noInputMs: 5_000,
    });
    return { state: { ...state, listenId, nextPlayId: listenId + 1 }, actions };
  }

  unread(_state: FlowState, text: string): UnreadAnswer | null {
    if (!this.unreadable.has(text)) return null;
    return { kind: this.expect.kind, language: 'en', prompt: 'Question?', choices: [] };
  }

  closingActions(state: FlowState): readonly FlowAction[] | null {
    return state.phase === 'ended' ? [lastAction(state)] : null;
  }

  #play(playId: number, text: string): FlowAction {
    const prompt = { kind: 'text', text, voice: 'slt', language: 'en' } as const;
    return { kind: 'play', playId, nodeId: 'first', prompt, bargeIn: this.bargeIn };
  }
}

function lastAction({ outcome }: FlowState): FlowAction {
  return outcome === 'transfer'
    ? { kind: 'transfer', transfer: { to: '+12025550111', whisper: '', ringSeconds: 20 } }
    : { kind: 'hangup' };
}

/** Recognitions in the order they were opened; each answers when the test says so. */
export class FakeRecognizer implements Recognizer {
  readonly provider = 'fake';
  isLive = false;
  readonly opened: {
    readonly expectation: SpeechExpectation;
    readonly signal: AbortSignal;
    readonly audio: PcmAudio[];
    readonly hears: (text: string) => void;
    readonly fails: (error: Error) => void;
  }[] = [];
  throwsOnOpen: Error | null = null;

  open(expectation: SpeechExpectation, signal: AbortSignal) {
    if (this.throwsOnOpen !== null) throw this.throwsOnOpen;
    const audio: PcmAudio[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<Transcript>();
    const hears = (text: string) => resolve({ text, confidence: 1, provider: 'fake' });
    this.opened.push({ expectation, signal, audio, hears, fails: reject });
    return { push: (piece: PcmAudio) => void audio.push(piece), end: () => promise };
  }
}

/** PCM16 of a loud tone. */
export function speechAudio(durationMs = 400, amplitude = 8000): ArrayBuffer {
  const samples = Int16Array.from({ length: durationMs * 8 }, (_, index) => amplitude * Math.sin(index / 3));
  return samples.buffer;
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function callUnderTest(
  options: { expect?: Expectation; state?: unknown; move?: number; parts?: Partial<CallParts> } = {},
) {
  const clock = new FakeClock();
  const script = new FakeScript(options.expect ?? YES_NO);
  const recognizer = new FakeRecognizer();
  const posted: FromCall[] = [];
  const wanted: string[] = [];
  const tally = new VendorTally();
  const closed: number[] = [];
  const served: number[] = [];
  const commits: {
    state: unknown;
    turn: TurnRecord | undefined;
    transfer: Transfer | undefined;
    move: number | undefined;
    finish: (result: CommitResult) => void;
  }[] = [];
  /** Commits wait for `commits[n].finish` while this is true. */
  const store = { holds: false };
  const start: CallStart = {
    callSid: 'CA1',
    streamSid: 'MZ1',
    attempt: 0,
    move: options.move ?? 0,
    from: '+12025550100',
    to: '+12025550199',
    playFormat: 'mulaw-8000',
    state: options.state ?? null,
  };
  const call = new Call(7, start, {
    clock,
    log: silentLog,
    recognizer,
    speculates: true,
    understanding: null,
    tally,
    store: {
      commit: (_callSid, _attempt, state, { transfer, turn }, move) => {
        const { promise, resolve } = Promise.withResolvers<CommitResult>();
        commits.push({ state, turn, transfer, move, finish: resolve });
        if (!store.holds) resolve('durable');
        return promise;
      },
    },
    wants: {
      want: (source) => {
        const key = source.kind === 'text' ? source.text : source.path;
        wanted.push(key);
        return key;
      },
    },
    scriptFor: () => script,
    post: (message) => void posted.push(message),
    serve: (callId, work) => {
      served.push(callId);
      work();
    },
    onClosed: (callId) => void closed.push(callId),
    ...options.parts,
  });

  const receive = async (message: ToCall) => {
    call.receive(message);
    await settle();
  };
  const last = <K extends FromCall['kind']>(kind: K) =>
    posted.findLast((message): message is Extract<FromCall, { kind: K }> => message.kind === kind);
  const listenId = () => last('listen')?.listenId ?? 0;

  return {
    call,
    clock,
    script,
    recognizer,
    tally,
    posted,
    wanted,
    closed,
    served,
    commits,
    store,
    last,
    listenId,
    /** How many messages of this kind were posted. */
    count: (kind: FromCall['kind']) => posted.filter((message) => message.kind === kind).length,
    events: (kind: FlowEvent['kind']) => script.events.filter((event) => event.kind === kind),
    begin: async () => {
      call.begin();
      await settle();
    },
    /** The caller spoke; the recognizer has it and has not answered. */
    utteranceComes: (about: { voicedMs?: number; audio?: ArrayBuffer; listenId?: number } = {}) =>
      receive({
        kind: 'utterance',
        callId: 7,
        listenId: about.listenId ?? listenId(),
        audio: about.audio ?? speechAudio(),
        sampleRateHz: 8000,
        speechStartMs: 1000,
        speechEndMs: 1400,
        voicedMs: about.voicedMs ?? 300,
        cut: false,
      }),
    receive,
    callerBegins: () =>
      receive({
        kind: 'speech.started',
        callId: 7,
        listenId: listenId(),
        atStreamMs: 1000,
        bargeIn: false,
      }),
    /** The caller pauses: what was said so far. */
    callerPauses: (about: { voicedMs?: number; audio?: ArrayBuffer } = {}) =>
      receive({
        kind: 'utterance.provisional',
        callId: 7,
        listenId: listenId(),
        audio: about.audio ?? speechAudio(),
        sampleRateHz: 8000,
        voicedMs: about.voicedMs ?? 300,
      }),
    callerGoesOn: () => receive({ kind: 'utterance.withdrawn', callId: 7, listenId: listenId() }),
    callerSaysPiece: (sequence: number, durationMs = 160) =>
      receive({
        kind: 'speech.chunk',
        callId: 7,
        listenId: listenId(),
        sequence,
        audio: speechAudio(durationMs),
        sampleRateHz: 8000,
      }),
    callerSpeaks: () =>
      receive({ kind: 'speech.started', callId: 7, listenId: listenId(), atStreamMs: 1500, bargeIn: false }),
    speechIsDiscarded: () => receive({ kind: 'speech.discarded', callId: 7, listenId: listenId() }),
    recognizerHears: async (text: string, index = recognizer.opened.length - 1) => {
      recognizer.opened[index]?.hears(text);
      await settle();
    },
    recognizerFails: async (error: Error) => {
      recognizer.opened.at(-1)?.fails(error);
      await settle();
    },
    digitComes: (digit: string) => receive({ kind: 'digit', callId: 7, digit, atStreamMs: 1500 }),
    nothingIsSaid: () => receive({ kind: 'no.input', callId: 7, listenId: listenId() }),
    promptStarts: (playId: number) => receive({ kind: 'prompt.started', callId: 7, playId }),
    promptEnds: (playId: number, outcome: 'played' | 'interrupted' | 'failed' = 'played') =>
      receive({ kind: 'prompt.ended', callId: 7, playId, outcome, playedMs: 900, sentMs: 900 }),
    streamEnds: (reason: EndReason = 'caller hung up') => receive({ kind: 'call.ended', callId: 7, reason }),
    timePasses: async (byMs: number) => {
      clock.advanceMs(byMs);
      await settle();
    },
    commitEnds: async (index: number, result: CommitResult = 'durable') => {
      commits[index]?.finish(result);
      await settle();
    },
  };
}
