/** Calls from browsers, whole ones, over real sockets: by voice, by keypad, over a prompt, lost and come back. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { SampleRateHz } from '../../src/audio/audio-format.ts';
import { decodeG711 } from '../../src/audio/g711.ts';
import { resample } from '../../src/speech/resample.ts';
import { askSession, BrowserCaller } from '../support/browser-caller.ts';
import { speak } from '../support/caller-speech.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

let rig: TrunklineRig;
let port: number;

beforeAll(async () => {
  rig = await TrunklineRig.start({ BROWSER_CALLS: 'local' });
  port = rig.trunkline.port;
}, 60_000);

afterEach(() => rig.nothingIsLeft());

afterAll(() => rig.close());

async function spoken(text: string, sampleRateHz: SampleRateHz = 48_000): Promise<Int16Array> {
  const samples = decodeG711('mulaw', await speak(text));
  return resample({ samples, sampleRateHz: 8000 }, sampleRateHz).samples;
}

const ANSWERED = [
  { node: 'first', value: 'true' },
  { node: 'second', value: 'false' },
];

it.each([48_000, 44_100, 16_000] as const)('reaches its outcome by voice at %i Hz', async (sampleRateHz) => {
  const yes = await spoken('yes', sampleRateHz);
  const no = await spoken('no', sampleRateHz);
  const answers = { first: [yes, yes, '1'], second: [no, no, '2'] };
  const caller = await BrowserCaller.call(port, { sampleRateHz, answers });
  expect((await caller.closed).code).toBe(1000);
  expect(caller.messages[0]).toMatchObject({ event: 'started', callSid: caller.session.callSid });
  expect(caller.notes('question').map(({ node }) => node)).toEqual(
    expect.arrayContaining(['first', 'second']),
  );
  expect(caller.notes('heard').length).toBeGreaterThanOrEqual(2);
  expect(caller.notes('answer').map(({ node, value }) => ({ node, value }))).toEqual(ANSWERED);
  expect(caller.ended).toEqual({
    event: 'ended',
    reason: 'completed',
    outcome: 'not-both',
    answers: ANSWERED,
  });
  // Three prompts of more than half a second each, at 32 bytes a millisecond.
  expect(caller.heardBytes).toBeGreaterThan(3 * 500 * 32);
  const record = await rig.finalRecord(caller.session.callSid);
  expect(record).toMatchObject({ outcome: 'not-both', endReason: 'completed', from: 'browser', to: '' });
});

it('reaches its outcome by keypad', async () => {
  const caller = await BrowserCaller.call(port, { answers: { first: ['1'], second: ['1'] } });
  await caller.closed;
  expect(caller.ended).toMatchObject({ reason: 'completed', outcome: 'both' });
  expect(caller.notes('heard').map(({ text }) => text)).toEqual(['1', '1']);
});

it('is interrupted by a caller who speaks over the question, and empties what the page holds', async () => {
  const answers = { first: ['1'], second: ['1'] };
  const caller = await BrowserCaller.call(port, { answers, interruption: await spoken('yes') });
  await caller.closed;
  expect(caller.messages.some(({ event }) => event === 'clear')).toBe(true);
  expect(caller.notes('interrupted')).toHaveLength(1);
  expect(caller.ended).toMatchObject({ reason: 'completed' });
});

it('ends when the caller hangs up', async () => {
  const caller = await BrowserCaller.call(port);
  await caller.hearsUs();
  caller.send({ event: 'stop' });
  expect((await caller.closed).code).toBe(1000);
  expect(caller.ended).toMatchObject({ reason: 'caller hung up', outcome: null });
  const gone = await askSession(port, JSON.stringify({ callToken: caller.session.callToken }));
  expect(gone).toMatchObject({ status: 410, body: { code: 'call-over' } });
});

it('goes on at its question, after an apology, when a lost connection comes back', async () => {
  const first = await BrowserCaller.call(port, { answers: { first: ['1'] } });
  await vi.waitFor(() => expect(first.notes('question').at(-1)).toMatchObject({ node: 'second' }), 10_000);
  first.drop();
  await first.closed;
  const { callSid, callToken } = first.session;
  expect(await rig.finalRecord(callSid)).toMatchObject({ endReason: 'stream lost' });
  const second = await BrowserCaller.call(port, { answers: { second: ['1'] } }, callToken);
  expect(second.session.callSid).toBe(callSid);
  await second.closed;
  const asked = second.notes('question');
  expect(asked[0]!['text']).toMatch(/sorry/i);
  expect(asked.slice(0, 2).map(({ node }) => node)).toEqual(['second', 'second']);
  expect(second.ended).toMatchObject({ reason: 'completed', outcome: 'both' });
  expect(await rig.finalRecord(callSid)).toMatchObject({ attempt: 1, outcome: 'both' });
});

it('takes over from a connection that only seems to be alive', async () => {
  const first = await BrowserCaller.call(port, {});
  await first.hearsUs();
  const second = await BrowserCaller.call(
    port,
    { answers: { first: ['1'], second: ['1'] } },
    first.session.callToken,
  );
  await first.closed;
  expect(first.ended).toMatchObject({ reason: 'superseded' });
  await second.closed;
  expect(second.ended).toMatchObject({ outcome: 'both' });
});
