import { expect, it } from 'vitest';
import { IDLE, type PhoneEvent, type PhoneState, step } from '../../../web/src/phone/phone-state.ts';

const after = (...events: readonly PhoneEvent[]): PhoneState => events.reduce(step, IDLE);
const started: readonly PhoneEvent[] = [
  { kind: 'called', withMicrophone: true },
  { kind: 'microphone-allowed' },
  { kind: 'started', atMs: 1000 },
];
const asked = (text: string): PhoneEvent => ({ kind: 'noted', note: { kind: 'question', node: 'n', text } });
const heard = (text: string): PhoneEvent => ({ kind: 'noted', note: { kind: 'heard', text } });
const texts = ({ lines }: PhoneState) => lines.map(({ text }) => text);

it('makes one line of digits that are pressed one after the other', () => {
  const state = after(
    ...started,
    { kind: 'pressed', digit: '3' },
    { kind: 'pressed', digit: '5' },
    { kind: 'pressed', digit: '#' },
  );
  expect(texts(state)).toEqual(['35#']);
});

it('does not repeat pressed digits when the server tells of them', () => {
  const state = after(
    ...started,
    { kind: 'pressed', digit: '3' },
    { kind: 'pressed', digit: '#' },
    heard('3'),
  );
  expect(texts(state)).toEqual(['3#']);
});

it('shows what the bot did not finish saying', () => {
  const state = after(...started, asked('First?'), asked('Second?'), heard('yes'), {
    kind: 'noted',
    note: { kind: 'interrupted' },
  });
  expect(state.lines.map(({ isInterrupted }) => isInterrupted)).toEqual([false, true, false]);
});

it('replaces an answer that is given anew', () => {
  const answer = (value: string): PhoneEvent => ({
    kind: 'noted',
    note: { kind: 'answer', node: 'age', value },
  });
  expect(after(...started, answer('3'), answer('35')).answers).toEqual([{ node: 'age', value: '35' }]);
});

it('says once that the connection was lost, and that it is back', () => {
  const state = after(...started, { kind: 'lost' }, { kind: 'lost' }, { kind: 'started', atMs: 9000 });
  expect(texts(state)).toEqual(['The connection was lost.', 'The connection is back.']);
  expect(state.phase).toEqual({ name: 'live' });
});

it('counts the duration from the first start, over a lost connection', () => {
  const end = { kind: 'ended', reason: 'completed', outcome: 'eligible', answers: [], atMs: 31_000 } as const;
  const state = after(...started, { kind: 'lost' }, { kind: 'started', atMs: 9000 }, end);
  expect(state.phase).toMatchObject({ name: 'over', durationMs: 30_000, outcome: 'eligible' });
});

it('keeps the answers that it saw when the end brings none', () => {
  const answer: PhoneEvent = { kind: 'noted', note: { kind: 'answer', node: 'age', value: '35' } };
  const end = { kind: 'ended', reason: 'hung up', outcome: null, answers: [], atMs: 2000 } as const;
  expect(after(...started, answer, end).answers).toHaveLength(1);
});

it('forgets the last call at the next', () => {
  const state = after(...started, asked('First?'), { kind: 'called', withMicrophone: false });
  expect(state).toMatchObject({ lines: [], hasMicrophone: false, phase: { name: 'starting', step: 'line' } });
});

it('holds the newest 200 lines', () => {
  const state = after(...started, ...Array.from({ length: 300 }, (_, index) => asked(`Q${index}`)));
  expect(state.lines).toHaveLength(200);
  expect(texts(state).at(-1)).toBe('Q299');
});
