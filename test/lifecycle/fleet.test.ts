/** Two nodes on one PostgreSQL behind a balancer: a call may meet another node at every step, and lose the one that it is on. */
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { hangUpCall } from '../../src/cli/calls-hang-up.ts';
import { showLive } from '../../src/cli/calls-live.ts';
import { systemClock } from '../../src/clock.ts';
import type { FlowState } from '../../src/flow/state.ts';
import { signRequest } from '../../src/simulator/sign-request.ts';
import { speak } from '../support/caller-speech.ts';
import { FleetRig } from '../support/fleet-rig.ts';
import { postgresMissing, TestPostgres } from '../support/postgres.ts';
import { ACCOUNT_SID, AUTH_TOKEN, gapsMs, PUBLIC_URL } from '../support/process-rig.ts';
import { pause } from '../support/store-load.ts';
import { NUMBERS } from '../support/trunkline-rig.ts';

const CALLS = 50;
/** Each of these ends silent: its caller hangs up when nobody can notice. */
const VANISHING = 6;
/** Dead for 30 s, and then looked for every 10 s. */
const SWEPT_WITHIN_MS = 50_000;

interface FleetReport {
  readonly calls: readonly { readonly callSid: string; readonly nodeId: string }[];
  readonly nodes: readonly { readonly nodeId: string; readonly liveCalls: number; readonly state: string }[];
}

const isStream = (requestLine: string) => requestLine.startsWith('GET /ws/');

describe.skipIf(postgresMissing !== null)('two nodes on PostgreSQL behind a balancer', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await TestPostgres.start({ isDurable: true });
  }, 60_000);
  afterAll(() => server?.close(), 60_000);

  it('serve calls whose webhook and action meet one and whose stream meets the other', {
    timeout: 120_000,
  }, async () => {
    const rig = await FleetRig.start(server, { choose: (line) => (isStream(line) ? 1 : 0) });
    const [yes, no] = await Promise.all([speak('yes'), speak('no')]);
    const wanted = [0, 1, 2, 3].map((at) => ({ first: true, second: at % 2 === 0, number: 100 + at }));
    const calls = wanted.map(({ second, number }) =>
      rig.place('three', {
        first: [yes, yes, '1'],
        second: second ? [yes, yes, '1'] : [no, no, '2'],
        number: `${number}`,
      }),
    );
    const through = rig.place('through', { first: yes });
    const reports = await Promise.all(calls.map((call) => call.ended));

    expect(reports.flatMap(({ errors }) => errors)).toEqual([]);
    expect(reports.map(({ verbs }) => verbs.map(({ name }) => name))).toEqual(
      calls.map(() => ['Connect', 'Hangup']),
    );
    const records = await Promise.all(calls.map((call) => rig.finalRecord(call.callSid)));
    const [, second] = rig.nodes;
    for (const [at, record] of records.entries()) {
      expect(record).toMatchObject({ endReason: 'completed', outcome: 'done', answers: wanted[at] });
      // The node that had the stream never saw the webhook, and yet knows the caller, and by the number the flow.
      expect(record).toMatchObject({ nodeId: second?.nodeId, from: '+15005550006', to: NUMBERS.three });
    }
    // Put through by the node that never had the stream.
    expect((await through.ended).verbs.map(({ name }) => name)).toEqual(['Connect', 'Dial', 'Hangup']);
    const nodesOf = (isOfStreams: boolean) =>
      new Set(
        rig.balancer.balanced.flatMap((one) => (isStream(one.requestLine) === isOfStreams ? [one.node] : [])),
      );
    expect([[...nodesOf(false)], [...nodesOf(true)]]).toEqual([[0], [1]]);
  });

  it('serve one stream of a token that is used at both, and close the other by 1008 before any audio', {
    timeout: 60_000,
  }, async () => {
    const rig = await FleetRig.start(server);
    for (let round = 0; round < 5; round++) {
      const { callSid, path } = await webhook(rig.nodes[0]?.port ?? 0, round);
      const streams = rig.nodes.map(({ port }) => openStream(port, path, callSid));
      const ends = await Promise.all(streams.map(({ settled }) => settled));
      expect(ends.sort()).toEqual(['closed 1008 after 0 messages', 'served']);
      for (const { close } of streams) close();
    }
  });

  it("show their live calls together, hang up each other's, and leave them alone when another node joins", {
    timeout: 120_000,
  }, async () => {
    const rig = await FleetRig.start(server, { choose: (_line, turn) => turn >> 1 });
    const calls = [rig.place('three', {})];
    await vi.waitFor(() => expect(rig.balancer.balanced).toHaveLength(2));
    calls.push(rig.place('three', {}));
    const live = async (): Promise<FleetReport> => {
      const paper = new PassThrough();
      await showLive(rig.config, { limit: 100, json: true, unmask: false }, paper, systemClock);
      return JSON.parse(String(paper.read()));
    };
    const [first, second] = rig.nodes.map(({ nodeId }) => nodeId);
    await vi.waitFor(
      async () => {
        const { calls: shown, nodes } = await live();
        expect(shown.map(({ callSid, nodeId }) => [callSid, nodeId])).toEqual([
          [calls[0]?.callSid, first],
          [calls[1]?.callSid, second],
        ]);
        expect(nodes.map(({ liveCalls, nodeId, state }) => [nodeId, liveCalls, state])).toEqual([
          [first, 1, 'alive'],
          [second, 1, 'alive'],
        ]);
      },
      { timeout: 10_000, interval: 200 },
    );

    const third = await rig.join();
    // Long enough for it to take them for calls that a dead process left behind.
    await pause(5000);
    expect(rig.rest.requests).toEqual([]);
    third.process.signal('SIGTERM');
    expect(await third.process.exited).toBe(0);
    expect((await live()).nodes.map(({ nodeId }) => nodeId)).toEqual([first, second]);

    const paper = new PassThrough();
    for (const { callSid } of calls) await hangUpCall(rig.config, callSid, paper, systemClock);
    for (const call of calls) expect(await call.ended).toMatchObject({ endedBy: 'server', errors: [] });
    expect((await Promise.all(calls.map((call) => call.ended))).map(({ streams }) => streams.length)).toEqual(
      [1, 1],
    );
    expect((await live()).calls).toEqual([]);
  });

  it('let one of them leave: its calls end by themselves, and new callers find the other', {
    timeout: 120_000,
  }, async () => {
    // A balancer that has not noticed yet: whoever comes first comes to the one that leaves.
    const rig = await FleetRig.start(server, {
      choose: (line, turn) => (line.startsWith('POST /voice HTTP') ? 0 : line.includes('waits=') ? 1 : turn),
    });
    const yes = await speak('yes');
    const answers = { first: yes, second: yes, number: '123' };
    const calls = Array.from({ length: 8 }, () => rig.place('three', answers));
    await vi.waitFor(async () => expect((await rig.records()).length).toBe(calls.length), {
      timeout: 20_000,
    });
    const [leaving] = rig.nodes;

    leaving?.process.signal('SIGTERM');
    await vi.waitFor(async () => {
      const ready = await fetch(`http://127.0.0.1:${leaving?.port}/readyz`, {
        headers: { Connection: 'close' },
      });
      expect(ready.status).toBe(503);
    });
    const late = [rig.place('three', answers), rig.place('three', answers)];
    const reports = await Promise.all([...calls, ...late].map((call) => call.ended));
    expect(await leaving?.process.exited).toBe(0);

    expect(reports.flatMap(({ errors }) => errors)).toEqual([]);
    expect(reports.map(({ streams }) => streams.length)).toEqual(reports.map(() => 1));
    for (const { callSid } of reports)
      expect(await rig.finalRecord(callSid)).toMatchObject({ outcome: 'done', resumes: 0 });
    for (const { verbs } of reports.slice(calls.length))
      expect(verbs.map(({ name }) => name)).toEqual(['Pause', 'Redirect', 'Connect', 'Hangup']);
  });

  it('have the calls of a dead one redirected that nobody asks about, once another joins', {
    timeout: 120_000,
  }, async () => {
    const rig = await FleetRig.start(server, { choose: (_line, turn) => turn >> 1 });
    const yes = await speak('yes');
    const answers = { first: yes, second: yes, number: '123' };
    const lone = rig.place('three', answers, { comesBack: false });
    await vi.waitFor(() => expect(rig.balancer.balanced).toHaveLength(2));
    const other = rig.place('three', {});
    await vi.waitFor(
      async () => {
        expect((await rig.record(lone.callSid))?.answers).toEqual({ first: true });
        expect(await rig.record(other.callSid)).not.toBeNull();
      },
      { timeout: 20_000 },
    );
    rig.nodes[0]?.process.signal('SIGKILL');
    await rig.join();

    const { callSid, streams } = await lone.ended;
    expect(rig.rest.requests.map((request) => [request.callSid, request.statusCode])).toEqual([
      [callSid, 200],
    ]);
    const wanted = { first: true, second: true, number: 123 };
    expect(await rig.finalRecord(callSid)).toMatchObject({ outcome: 'done', answers: wanted });
    expect(streams).toHaveLength(2);
    // On a node that lives, and not disturbed.
    expect((await other.ended).streams).toHaveLength(1);
  });

  it('go on, one of them killed under 50 calls in mid-question: each reaches its outcome, and no answer is asked for again', {
    timeout: 240_000,
  }, async () => {
    const rig = await FleetRig.start(server);
    const [yes, no] = await Promise.all([speak('yes'), speak('no')]);
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
    const vanishing = Array.from({ length: VANISHING }, () => rig.place('three', { first: yes }));
    const answered = async () =>
      (await rig.records()).filter(({ answers }) => answers['first'] === true).length;
    await vi.waitFor(async () => expect(await answered()).toBe(CALLS + VANISHING), {
      timeout: 60_000,
      interval: 50,
    });
    const dead = rig.nodes[0]!;
    const before = await Promise.all([...calls, ...vanishing].map(({ callSid }) => rig.record(callSid)));
    const onDead = new Set(
      before.flatMap((record) => (record?.nodeId === dead.nodeId ? [record.callSid] : [])),
    );
    expect(onDead.size).toBeGreaterThan(CALLS / 4);
    expect(onDead.size).toBeLessThan((CALLS * 3) / 4);

    dead.process.signal('SIGKILL');
    for (const call of vanishing) call.hangUp();

    const reports = await Promise.all(calls.map((call) => call.ended));
    const records = await Promise.all(calls.map((call) => rig.finalRecord(call.callSid)));
    expect(records.map(({ answers }) => answers)).toEqual(wanted);
    expect(records.map(({ outcome }) => outcome)).toEqual(wanted.map(() => 'done'));
    expect(records.map(({ endReason }) => endReason)).toEqual(wanted.map(() => 'completed'));
    expect(records.map(({ state }) => (state as FlowState).turnIndex)).toEqual(wanted.map(() => 3));
    expect(reports.filter(({ status }) => status !== 'completed')).toEqual([]);
    for (const { callSid } of calls) {
      const read = (await rig.turnsOf(callSid)).filter(({ value }) => value !== null);
      expect([callSid, read.map(({ nodeId }) => nodeId)]).toEqual([callSid, ['first', 'second', 'number']]);
    }
    // Those on the living node noticed nothing.
    expect(reports.flatMap(({ callSid, streams }) => (streams.length > 1 ? [callSid] : [])).sort()).toEqual(
      calls.flatMap(({ callSid }) => (onDead.has(callSid) ? [callSid] : [])).sort(),
    );
    const gaps = reports.flatMap(gapsMs).sort((a, b) => a - b);
    const [median, worst] = [gaps[Math.floor(gaps.length / 2)]!, gaps.at(-1)!].map(Math.round);
    process.stdout.write(
      `${CALLS} calls on two nodes, kill -9 of one: the gap that ${gaps.length} callers heard: median ${median} ms, worst ${worst} ms\n`,
    );
    await rig.freshCallerIsServed();
    expect(rig.rest.requests).toEqual([]);

    // Whoever hung up unnoticed: the records of the dead node's calls say so, once it is known to be dead.
    const lost = vanishing.filter(({ callSid }) => onDead.has(callSid));
    expect(lost.length).toBeGreaterThan(0);
    await vi.waitFor(
      async () => {
        const kept = await Promise.all(lost.map(({ callSid }) => rig.record(callSid)));
        expect(kept.map((record) => record?.endReason)).toEqual(lost.map(() => 'node lost'));
        expect(kept.map((record) => record?.answers)).toEqual(lost.map(() => ({ first: true })));
      },
      { timeout: SWEPT_WITHIN_MS, interval: 500 },
    );
    const others = vanishing.filter(({ callSid }) => !onDead.has(callSid));
    for (const { callSid } of others)
      expect(await rig.record(callSid)).toMatchObject({ endReason: 'caller hung up' });
    expect(await rig.store.liveCalls(100)).toEqual([]);
  });
});

/** A call's first webhook, and where its TwiML has the stream. */
async function webhook(port: number, round: number): Promise<{ callSid: string; path: string }> {
  const callSid = `CA${String(round).padStart(32, 'e')}`;
  const form = new Map(
    Object.entries({ AccountSid: ACCOUNT_SID, CallSid: callSid, From: '+15005550006', To: NUMBERS.three }),
  );
  const answer = await fetch(`http://127.0.0.1:${port}/voice`, {
    method: 'POST',
    headers: { 'X-Twilio-Signature': signRequest(AUTH_TOKEN, `${PUBLIC_URL}/voice`, form) },
    body: new URLSearchParams([...form]),
  });
  const [, path = ''] = /<Stream url="wss:\/\/[^/]+([^"]+)"/.exec(await answer.text()) ?? [];
  return { callSid, path };
}

/** Opens a stream as the carrier does. Settles when audio comes, or the server closes it. */
function openStream(port: number, path: string, callSid: string) {
  const url = PUBLIC_URL.replace('https', 'wss') + path;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { 'X-Twilio-Signature': signRequest(AUTH_TOKEN, url) },
  });
  const streamSid = `MZ${callSid.slice(2)}`;
  const settled = new Promise<string>((resolve) => {
    let messages = 0;
    socket.on('open', () => {
      const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
      const start = { accountSid: ACCOUNT_SID, callSid, streamSid, tracks: ['inbound'], mediaFormat };
      socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }));
      socket.send(
        JSON.stringify({
          event: 'start',
          sequenceNumber: '1',
          streamSid,
          start: { ...start, customParameters: {} },
        }),
      );
    });
    socket.on('message', () => {
      messages += 1;
      resolve('served');
    });
    socket.on('close', (code) => resolve(`closed ${code} after ${messages} messages`));
    socket.on('error', (error) => resolve(error.message));
  });
  return { settled, close: () => socket.terminate() };
}
