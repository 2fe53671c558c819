/**
 * More callers than `MAX_CALLS`: those who are let in hear what they always hear, the others a sentence and the end, and
 * whoever calls when a slot is free again has it.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { SetLoopDelay } from '../support/loop-delay.ts';
import { type RigCall, TrunklineRig } from '../support/trunkline-rig.ts';

const MAX_CALLS = 20;
const REFUSED = 100;
const BUSY_MESSAGE = 'All our agents are on the phone.';

const loopDelay = new SetLoopDelay();

let rig: TrunklineRig;
let yes: Uint8Array;

beforeAll(async () => {
  rig = await TrunklineRig.start({ MAX_CALLS: String(MAX_CALLS), BUSY_MESSAGE }, { loopDelay });
  yes = await speak('yes');
}, 60_000);

afterAll(() => rig.close());

/** Waits at the second question until it is told to go on. */
function placePatient(): RigCall & { goOn: () => void } {
  let mayGoOn = false;
  let press = (): void => {};
  const call = rig.place({
    number: 'patient',
    answers: {
      first: [yes, '1'],
      second: (caller) => {
        press = () => caller.press('1');
        if (mayGoOn) press();
      },
    },
    timeLimitMs: 90_000,
  });
  const goOn = (): void => {
    mayGoOn = true;
    press();
  };
  return { ...call, goOn };
}

const isAtSecond = ({ notes }: RigCall) =>
  notes.some(({ note }) => note.kind === 'bot said' && note.nodeId === 'second');
const capacity = async () => {
  const answer = await fetch(`http://127.0.0.1:${rig.trunkline.port}/readyz`);
  return [answer.status, ((await answer.json()) as { capacity: unknown }).capacity];
};
const liveCount = () => rig.trunkline.server.directory.liveCount;

it('s13 refuses in TwiML whoever comes beyond MAX_CALLS, and harms nobody who is in; a slot that is free is free at once', {
  timeout: 120_000,
}, async () => {
  const patient = Array.from({ length: MAX_CALLS }, placePatient);
  await vi.waitFor(() => expect(patient.filter(isAtSecond).length).toBe(MAX_CALLS), { timeout: 30_000 });

  const refused = Array.from({ length: REFUSED }, () => rig.carrier.placeCall({ to: '+12025550100' }));
  for (const report of await Promise.all(refused.map((call) => call.ended))) {
    expect(report.verbs.map(({ name }) => name)).toEqual(['Say', 'Hangup']);
    expect(report).toMatchObject({
      status: 'completed',
      webhooks: [{ statusCode: 200 }],
      streams: [],
      errors: [],
      warnings: [],
    });
  }
  expect(liveCount()).toBe(MAX_CALLS);
  const busy = { limit: MAX_CALLS, configured: MAX_CALLS, inUse: MAX_CALLS, lowered: false };
  expect(await capacity()).toEqual([200, busy]);
  for (const { callSid } of refused) expect(await rig.record(callSid)).toBeNull();

  patient[0]!.call.hangUp();
  await vi.waitFor(() => expect(liveCount()).toBe(MAX_CALLS - 1), { interval: 1 });
  const next = rig.place({ answers: { first: [yes, '1'], second: '1' } });
  const tooMany = await rig.carrier.placeCall({ to: '+12025550100' }).ended;
  expect(tooMany.verbs.map(({ name }) => name)).toEqual(['Say', 'Hangup']);

  for (const call of patient) call.goOn();
  const [, ...finished] = await Promise.all([...patient, next].map((call) => call.finished));
  for (const { record, report } of finished) {
    expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
    expect(report).toMatchObject({ endedBy: 'server', errors: [], warnings: [] });
    expect(Math.max(0, ...report.gapsMs)).toBeLessThanOrEqual(60);
  }
  await rig.nothingIsLeft();
});

it('takes no more callers than there are while the loop is late, loses none of them, and takes as many as before when it is on time', {
  timeout: 120_000,
}, async () => {
  const patient = Array.from({ length: MAX_CALLS / 2 }, placePatient);
  await vi.waitFor(() => expect(patient.filter(isAtSecond).length).toBe(patient.length), { timeout: 30_000 });
  loopDelay.lateMs = 100;
  const lowered = { limit: patient.length, configured: MAX_CALLS, inUse: patient.length, lowered: true };
  await vi.waitFor(async () => expect(await capacity()).toEqual([200, lowered]), { timeout: 10_000 });

  const { verbs } = await rig.carrier.placeCall({ to: '+12025550100' }).ended;
  expect(verbs.map(({ name, text }) => [name, text])).toEqual([
    ['Say', BUSY_MESSAGE],
    ['Hangup', ''],
  ]);

  loopDelay.lateMs = 0;
  await vi.waitFor(async () => expect(await capacity()).toMatchObject([200, { lowered: false }]), {
    timeout: 30_000,
  });
  const next = rig.place({ answers: { first: [yes, '1'], second: '1' } });
  for (const call of patient) call.goOn();
  for (const { record } of await Promise.all([...patient, next].map((call) => call.finished)))
    expect(record).toMatchObject({ outcome: 'both', endReason: 'completed' });
  await rig.nothingIsLeft();
});
