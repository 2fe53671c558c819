/** The server process is killed under calls: the carrier comes back, waits by the supervisor's TwiML, and each call goes on. */
import { describe, expect, it, vi } from 'vitest';
import type { FlowState } from '../../src/flow/state.ts';
import { speak } from '../support/caller-speech.ts';
import { gapsMs, ProcessRig } from '../support/process-rig.ts';

const CALLS = 50;

describe('kill -9 of the server process', () => {
  it('s04 under 50 calls in mid-question: each reaches its outcome, and nothing answered is asked again', {
    timeout: 180_000,
  }, async () => {
    const [yes, no] = await Promise.all([speak('yes'), speak('no')]);
    const rig = await ProcessRig.start();
    const wanted = Array.from({ length: CALLS }, (_, at) => ({
      first: true,
      second: at % 2 === 0,
      number: 100 + at,
    }));
    const calls = wanted.map(({ second, number }) =>
      rig.place('three', {
        first: [yes, yes, '1'],
        second: second ? [yes, yes, '1'] : [no, no, '2'],
        number: `${number}`,
      }),
    );
    const answered = async () => {
      const records = await rig.records();
      return records.filter(({ answers }) => answers['first'] === true).length;
    };
    await vi.waitFor(async () => expect(await answered()).toBe(CALLS), { timeout: 30_000, interval: 20 });

    rig.process.signalServer('SIGKILL');

    const reports = await Promise.all(calls.map((call) => call.ended));
    const records = await Promise.all(calls.map((call) => rig.finalRecord(call.callSid)));
    // First what tells why: a call that is lost shows how its carrier and its record saw it.
    const lost = records.flatMap(({ endReason, outcome, attempt }, at) => {
      if (outcome === 'done') return [];
      const { errors, streams, verbs, webhooks } = reports[at]!;
      return [
        {
          at,
          endReason,
          attempt,
          errors,
          verbs: verbs.map(({ name }) => name),
          webhooks,
          streams: streams.length,
        },
      ];
    });
    expect(lost).toEqual([]);
    expect(records.map(({ answers }) => answers)).toEqual(wanted);
    expect(records.map(({ endReason }) => endReason)).toEqual(wanted.map(() => 'completed'));
    expect(records.map(({ state }) => (state as FlowState).turnIndex)).toEqual(wanted.map(() => 3));
    expect(Math.max(...records.map(({ attempt }) => attempt))).toBeLessThanOrEqual(3);
    expect(reports.filter(({ status }) => status !== 'completed')).toEqual([]);

    const gaps = reports.flatMap(gapsMs).sort((a, b) => a - b);
    expect(gaps).toHaveLength(CALLS);
    const [median, worst] = [gaps[CALLS / 2]!, gaps.at(-1)!].map(Math.round);
    process.stdout.write(
      `${CALLS} calls, kill -9: the gap that callers heard: median ${median} ms, worst ${worst} ms\n`,
    );
    await rig.freshCallerIsServed();
  });

  it('redirects by REST the calls whose carrier does not come back, and ends the records of those that are over', {
    timeout: 120_000,
  }, async () => {
    const yes = await speak('yes');
    const rig = await ProcessRig.start();
    const lone = { comesBack: false };
    const answers = { first: yes, second: yes, number: '123' };
    const silent = Array.from({ length: 5 }, () => rig.place('three', answers, lone));
    const coming = rig.place('three', answers);
    const leaving = rig.place('three', answers, lone);
    const all = [...silent, coming, leaving];
    const isAsked = async (callSid: string) => (await rig.record(callSid))?.state != null;
    for (const { callSid } of all) await vi.waitFor(async () => expect(await isAsked(callSid)).toBe(true));

    rig.rest.failNext(429, 20429);
    rig.process.signalServer('SIGKILL');
    leaving.hangUp();

    const reports = await Promise.all(all.map((call) => call.ended));
    const records = await Promise.all([...silent, coming].map(({ callSid }) => rig.finalRecord(callSid)));
    expect(records.map(({ outcome }) => outcome)).toEqual(records.map(() => 'done'));
    expect(await rig.finalRecord(leaving.callSid)).toMatchObject({ endReason: 'stream lost', outcome: null });
    const redirected = (callSid: string) =>
      rig.rest.requests.filter((request) => request.callSid === callSid && request.statusCode === 200).length;
    expect(silent.map(({ callSid }) => redirected(callSid))).toEqual(silent.map(() => 1));
    expect(redirected(coming.callSid)).toBe(0);
    expect(rig.rest.requests.map(({ statusCode }) => statusCode)).toContain(429);
    const gaps = reports.slice(0, silent.length).flatMap(gapsMs).map(Math.round);
    process.stdout.write(`calls redirected by REST: silent for ${gaps.join(', ')} ms\n`);
  });
});
