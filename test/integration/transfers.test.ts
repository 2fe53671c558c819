/** Calls that are put through to somebody, by real sockets: what is whispered, what the record says, and the way back when nobody answers. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { fixtureFlow } from '../support/process-rig.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const NUMBER = '+12025550111';
let rig: TrunklineRig;
let yes: Uint8Array;
let no: Uint8Array;

beforeAll(async () => {
  rig = await TrunklineRig.start({ FLOW: fixtureFlow('desk') });
  [yes, no] = await Promise.all([speak('yes'), speak('no')]);
}, 60_000);
afterAll(() => rig.close());

const verbsOf = (verbs: readonly { readonly name: string }[]) => verbs.map(({ name }) => name);

describe('a transfer', () => {
  it('leaves the stream, rings as long as the flow says, and whispers who comes', {
    timeout: 60_000,
  }, async () => {
    const { call } = rig.place({ to: NUMBER, answers: { first: yes } });
    const report = await call.ended;
    expect(report).toMatchObject({ status: 'completed', errors: [] });
    expect(verbsOf(report.verbs)).toEqual(['Connect', 'Dial', 'Say', 'Hangup']);
    expect(report.verbs[1]).toMatchObject({ attributes: { timeout: '15', method: 'POST' } });
    expect(report.verbs[2]!.text).toBe('A caller who said yes.');
    const record = await rig.finalRecord(call.callSid);
    expect(record).toMatchObject({
      endReason: 'transferred',
      outcome: 'transferred',
      transfer: { to: '+12025550123', whisper: 'A caller who said yes.', ringSeconds: 15 },
    });
    await vi.waitFor(async () =>
      expect(await rig.finalRecord(call.callSid)).toMatchObject({ transferStatus: 'completed' }),
    );
  });

  it.each(['busy', 'no-answer', 'failed'] as const)(
    'that fails comes back to the flow, which goes on as it says: %s',
    { timeout: 60_000 },
    async (transferTo) => {
      const { call } = rig.place({ to: NUMBER, transferTo, answers: { first: yes, sorry: no } });
      const report = await call.ended;
      expect(report).toMatchObject({ status: 'completed', errors: [] });
      expect(verbsOf(report.verbs)).toEqual(['Connect', 'Dial', 'Connect', 'Hangup']);
      expect(await rig.finalRecord(call.callSid)).toMatchObject({
        endReason: 'completed',
        outcome: 'nobody-there',
        attempt: 1,
        answers: { first: true, sorry: false },
        transferStatus: transferTo,
      });
    },
  );

  it('may be tried again, and says so', { timeout: 90_000 }, async () => {
    const { call } = rig.place({
      to: NUMBER,
      transferTo: 'no-answer',
      answers: { first: yes, sorry: [yes, no] },
    });
    const report = await call.ended;
    expect(verbsOf(report.verbs)).toEqual(['Connect', 'Dial', 'Connect', 'Dial', 'Connect', 'Hangup']);
    expect(await rig.finalRecord(call.callSid)).toMatchObject({ outcome: 'nobody-there', attempt: 2 });
  });
});
