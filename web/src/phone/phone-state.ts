/**
 * What the page shows of a call, as a value: `step` is pure.
 *
 *   idle, failed, over --call--> starting --started--> live --lost--> reconnecting --started--> live
 *   starting --cancelled--> idle; live --hanging-up--> hanging-up; any but idle --ended--> over; --failed--> failed
 */

import type { Sentence } from './sentence.ts';
import type { Answer, Note } from './server-message.ts';

export type Phase =
  | { readonly name: 'idle' }
  | { readonly name: 'starting'; readonly step: 'microphone' | 'line' }
  | { readonly name: 'live' }
  | { readonly name: 'reconnecting' }
  | { readonly name: 'hanging-up' }
  | {
      readonly name: 'over';
      readonly reason: string;
      readonly outcome: string | null;
      readonly durationMs: number;
    }
  | { readonly name: 'failed'; readonly sentence: Sentence };

export interface Line {
  readonly id: number;
  readonly who: 'bot' | 'caller' | 'line';
  readonly text: string;
  /** The bot's prompt was broken off by the caller. */
  readonly isInterrupted: boolean;
}

export interface PhoneState {
  readonly phase: Phase;
  readonly lines: readonly Line[];
  readonly answers: readonly Answer[];
  /** A sentence about what does not work while the call goes on; empty if all does. */
  readonly notice: string;
  readonly isMuted: boolean;
  readonly hasMicrophone: boolean;
  /** The bot is being heard. */
  readonly botSpeaks: boolean;
  /** On the page's clock; null before the first start. */
  readonly startedAtMs: number | null;
}

export type PhoneEvent =
  | { readonly kind: 'called'; readonly withMicrophone: boolean }
  | { readonly kind: 'microphone-allowed' }
  | { readonly kind: 'started'; readonly atMs: number }
  | { readonly kind: 'lost' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'hanging-up' }
  | { readonly kind: 'noted'; readonly note: Note }
  | { readonly kind: 'pressed'; readonly digit: string }
  | { readonly kind: 'muted'; readonly isMuted: boolean }
  | { readonly kind: 'playing'; readonly isPlaying: boolean }
  | { readonly kind: 'noticed'; readonly notice: string }
  | {
      readonly kind: 'ended';
      readonly reason: string;
      readonly outcome: string | null;
      readonly answers: readonly Answer[];
      readonly atMs: number;
    }
  | { readonly kind: 'failed'; readonly sentence: Sentence };

/** A call has some dozen lines; the oldest go first. */
const LINES_MAX = 200;

export const IDLE: PhoneState = {
  phase: { name: 'idle' },
  lines: [],
  answers: [],
  notice: '',
  isMuted: false,
  hasMicrophone: true,
  botSpeaks: false,
  startedAtMs: null,
};

export function step(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.kind) {
    case 'called':
      return {
        ...IDLE,
        hasMicrophone: event.withMicrophone,
        phase: { name: 'starting', step: event.withMicrophone ? 'microphone' : 'line' },
      };
    case 'microphone-allowed':
      return { ...state, phase: { name: 'starting', step: 'line' } };
    case 'started': {
      const isBack = state.phase.name === 'reconnecting';
      const next = {
        ...state,
        phase: { name: 'live' } as const,
        startedAtMs: state.startedAtMs ?? event.atMs,
      };
      return isBack ? withLine(next, 'line', 'The connection is back.') : next;
    }
    case 'lost':
      if (state.phase.name === 'reconnecting') return state;
      return withLine(
        { ...state, phase: { name: 'reconnecting' }, botSpeaks: false },
        'line',
        'The connection was lost.',
      );
    case 'cancelled':
      return IDLE;
    case 'hanging-up':
      return { ...state, phase: { name: 'hanging-up' } };
    case 'noted':
      return noted(state, event.note);
    case 'pressed':
      return withLine(state, 'caller', event.digit);
    case 'muted':
      return { ...state, isMuted: event.isMuted };
    case 'playing':
      return { ...state, botSpeaks: event.isPlaying };
    case 'noticed':
      return { ...state, notice: event.notice };
    case 'ended':
      return {
        ...state,
        phase: {
          name: 'over',
          reason: event.reason,
          outcome: event.outcome,
          durationMs: event.atMs - (state.startedAtMs ?? event.atMs),
        },
        // What the server has kept is what counts; without its word, what it told while the call lasted.
        answers: event.answers.length > 0 ? event.answers : state.answers,
        notice: '',
        botSpeaks: false,
      };
    case 'failed':
      return { ...state, phase: { name: 'failed', sentence: event.sentence }, notice: '', botSpeaks: false };
  }
}

function noted(state: PhoneState, note: Note): PhoneState {
  switch (note.kind) {
    case 'question':
      return note.text === '' ? state : withLine(state, 'bot', note.text);
    case 'heard':
      return note.text === '' ? state : heard(state, note.text);
    case 'answer': {
      const { node, value } = note;
      const others = state.answers.filter((answer) => answer.node !== node);
      return { ...state, answers: [...others, { node, value }] };
    }
    case 'no-input':
      return withLine(state, 'line', 'Nothing was heard.');
    case 'no-match':
      return withLine(state, 'line', 'That was not understood.');
    case 'interrupted':
      return { ...state, lines: state.lines.map((line, index) => interrupted(state.lines, line, index)) };
    case 'vendor':
      return state;
  }
}

/** Digits that were pressed here stand already; the server repeats them once they are an answer. */
function heard(state: PhoneState, text: string): PhoneState {
  const pressed = state.lines.at(-1);
  const isEcho = pressed?.who === 'caller' && /^[\d*#]+$/.test(text) && pressed.text.startsWith(text);
  return isEcho ? state : withLine(state, 'caller', text);
}

/** The last thing that the bot said. */
function interrupted(lines: readonly Line[], line: Line, index: number): Line {
  const isLast = index === lines.findLastIndex(({ who }) => who === 'bot');
  return isLast ? { ...line, isInterrupted: true } : line;
}

function withLine(state: PhoneState, who: Line['who'], text: string): PhoneState {
  const last = state.lines.at(-1);
  // Digits pressed one after the other make one line.
  if (who === 'caller' && last?.who === 'caller' && /^[\d*#]$/.test(text) && /^[\d*#]+$/.test(last.text)) {
    return { ...state, lines: [...state.lines.slice(0, -1), { ...last, text: last.text + text }] };
  }
  const line: Line = { id: (last?.id ?? 0) + 1, who, text, isInterrupted: false };
  return { ...state, lines: [...state.lines, line].slice(-LINES_MAX) };
}
