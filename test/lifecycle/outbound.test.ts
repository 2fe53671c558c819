/** Calls of our own, placed by a server in its own process with the carrier's stand-in: how each ends, and that nobody is rung twice. */
import { describe, expect, it, vi } from 'vitest';
import type { Callee } from '../../src/simulator/outbound-calls.ts';
import { speak } from '../support/caller-speech.ts';
import { fixtureFlow, ProcessRig } from '../support/process-rig.ts';

const CALLS = 50;
const FROM = '+12025550110';
const numberOf = (at: number): string => `+1202555${String(2000 + at)}`;

/** Of each ten: six people, one of each of the others. */
function calleeOf(yes: Uint8Array): (to: string) => Callee {
  const person: Callee = {
    kind: 'answers',
    call: { caller: { silenceMs: 350, onSilence: (caller) => caller.say(yes) }, timeLimitMs: 60_000 },
  };
  const kinds: readonly Callee[] = [
    { kind: 'busy' },
    { kind: 'no-answer' },
    { kind: 'failed' },
    { kind: 'answers', by: 'machine_end_beep', call: { timeLimitMs: 60_000 } },
    person,
    person,
    person,
    person,
    person,
    person,
  ];
  return (to) => kinds[Number(to.at(-1))]!;
}

/** Outcome where there is one, else the reason of the end. */
const WANTED = [
  'busy',
  'no answer',
  'not reached',
  'voicemail',
  ...Array(6).fill('coming'),
] as readonly string[];

async function startRig(callee: (to: string) => Callee): Promise<ProcessRig> {
  return ProcessRig.start({
    outbound: { callee, callbacks: 'mixed', ringMs: 400 },
    environment: {
      FLOW: fixtureFlow('reminder'),
      TWILIO_PHONE_NUMBER: FROM,
      DIALS_PER_SECOND: '10',
    },
  });
}

async function dial(rig: ProcessRig, to: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${rig.port}/api/calls`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body: JSON.stringify({ to, variables: { name: 'Ana' } }),
  });
  const body = (await response.json()) as { readonly dialId: string };
  expect({ status: response.status, body }).toMatchObject({ status: 202 });
  return body.dialId;
}

describe('outbound calls', () => {
  it('end in the record as they went, and nobody is called twice, with callbacks doubled and mixed, and a kill -9 in the middle', {
    timeout: 240_000,
  }, async () => {
    const rig = await startRig(calleeOf(await speak('yes')));
    const dialIds: string[] = [];
    for (let at = 0; at < CALLS; at++) dialIds.push(await dial(rig, numberOf(at)));
    const { outbound } = rig.rest;
    await vi.waitFor(() => expect(outbound.calls.length).toBeGreaterThan(CALLS / 2), {
      timeout: 60_000,
      interval: 20,
    });

    rig.process.signalServer('SIGKILL');

    const final = async () => {
      const dials = await Promise.all(dialIds.map((dialId) => rig.store.dials.load(dialId)));
      return dials.map((each) => each?.status);
    };
    await vi.waitFor(
      async () => {
        const open = (await final()).filter(
          (status) => !/completed|busy|no-answer|failed/.test(status ?? ''),
        );
        expect(open).toEqual([]);
      },
      { timeout: 180_000, interval: 500 },
    );
    const rung = outbound.calls.map(({ to }) => to);
    expect(rung.toSorted()).toEqual([...new Set(rung)].toSorted());
    const ends = await Promise.all(
      dialIds.map(async (dialId) => {
        const { callSid, failure } = (await rig.store.dials.load(dialId))!;
        // A call that was about to be placed when the process died, and never was, is not placed again.
        if (callSid === null) return failure;
        const { endReason, outcome } = await rig.finalRecord(callSid);
        return outcome ?? endReason;
      }),
    );
    const wanted = Array.from({ length: CALLS }, (_, at) => WANTED[Number(numberOf(at).at(-1))]!);
    const wrong = ends.flatMap((end, at) => (end === wanted[at] ? [] : [{ to: numberOf(at), end }]));
    expect(wrong.filter(({ end }) => !/it is not placed again/.test(end ?? ''))).toEqual([]);
    expect(wrong.length).toBeLessThanOrEqual(1);
  });
});
