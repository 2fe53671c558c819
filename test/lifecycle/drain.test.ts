/** Leaving: nobody is hung up on, nobody new is let in, and the process says by its code that all went well. */
import { connect, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { ProcessRig } from '../support/process-rig.ts';

const CALLS = 100;

/** `CALLS` calls that are asked their first question, and what their answers imply. */
async function placeCalls(rig: ProcessRig) {
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
  await vi.waitFor(async () => expect((await rig.records()).length).toBe(CALLS), { timeout: 30_000 });
  return { calls, wanted };
}

describe('SIGTERM', () => {
  it('s01 s17 with 100 live calls: red at once, spoken refusals, every call to its end, code 0', {
    timeout: 120_000,
  }, async () => {
    const rig = await ProcessRig.start();
    const { calls, wanted } = await placeCalls(rig);

    const toldAtMs = performance.now();
    rig.process.signal('SIGTERM');
    await vi.waitFor(async () => expect((await rig.get('/readyz')).status).toBe(503), { interval: 5 });
    expect(performance.now() - toldAtMs).toBeLessThan(2000);
    expect((await rig.get('/healthz')).status).toBe(200);
    const refused = await rig.carrier.placeCall({}).ended;
    expect(refused.verbs.map(({ name }) => name)).toEqual(['Say', 'Hangup']);
    expect(refused).toMatchObject({ status: 'completed', webhooks: [{ statusCode: 200 }], errors: [] });

    const reports = await Promise.all(calls.map((call) => call.ended));
    expect(await rig.process.exited).toBe(0);
    const records = await Promise.all(calls.map((call) => rig.finalRecord(call.callSid)));
    expect(records.map(({ answers }) => answers)).toEqual(wanted);
    expect(records.map(({ outcome }) => outcome)).toEqual(wanted.map(() => 'done'));
    expect(reports.map(({ streams }) => streams.length)).toEqual(wanted.map(() => 1));
    expect(reports.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('s03 a second one ends the calls, to be taken up elsewhere', async () => {
    const rig = await ProcessRig.start({ commandLine: ['start', '--no-supervisor'] });
    const call = rig.place('three', {});
    await vi.waitFor(async () => expect((await rig.record(call.callSid))?.state).toBeTruthy(), {
      timeout: 10_000,
    });
    rig.process.signal('SIGTERM');
    await vi.waitFor(async () => expect((await rig.get('/readyz')).status).toBe(503));
    // Two that come in the same breath are one.
    await new Promise((resolve) => setTimeout(resolve, 600));
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
    expect(await rig.finalRecord(call.callSid)).toMatchObject({ endReason: 'shutting down', outcome: null });
    call.hangUp();
    // The carrier was told to wait and to ask again: another node may be there by then.
    const { verbs } = await call.ended;
    expect(verbs.map(({ name }) => name)).toEqual(['Connect', 'Pause']);
  });

  it('ends what has not ended by itself within DRAIN_SECONDS', async () => {
    const rig = await ProcessRig.start({
      commandLine: ['start', '--no-supervisor'],
      environment: { DRAIN_SECONDS: '1' },
    });
    const call = rig.place('three', {});
    await vi.waitFor(async () => expect((await rig.record(call.callSid))?.state).toBeTruthy(), {
      timeout: 10_000,
    });
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
    expect(await rig.finalRecord(call.callSid)).toMatchObject({ endReason: 'shutting down' });
    call.hangUp();
  });
});

it('s17 100 calls whose network is cut for 10 s each reach their outcome', { timeout: 120_000 }, async () => {
  const rig = await ProcessRig.start();
  const { calls, wanted } = await placeCalls(rig);
  for (const call of calls) call.freeze(10_000);
  await Promise.all(calls.map((call) => call.ended));
  const records = await Promise.all(calls.map((call) => rig.finalRecord(call.callSid)));
  expect(records.map(({ outcome }) => outcome)).toEqual(wanted.map(() => 'done'));
  await rig.freshCallerIsServed();
});

it('s06 with every descriptor in use new work is refused, and with some free again it is taken', async () => {
  const rig = await ProcessRig.start({
    commandLine: ['start', '--no-supervisor'],
    shell: 'ulimit -n 160',
    // A worker that a busy machine holds up must not be replaced now: that is another fault, and would need descriptors.
    environment: { WORKER_STALL_MS: '60000' },
  });
  const sockets: Socket[] = [];
  const hold = () => {
    const socket = connect(rig.port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
  };
  for (let count = 0; count < 300; count++) hold();
  // The kernel still takes connections, and nobody accepts them.
  await vi.waitFor(async () => {
    const answer = fetch(`http://127.0.0.1:${rig.port}/healthz`, { signal: AbortSignal.timeout(300) });
    await expect(answer).rejects.toThrow();
  });
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(async () => expect((await rig.get('/healthz')).status).toBe(200), { timeout: 20_000 });
  await rig.freshCallerIsServed();
  rig.process.signal('SIGTERM');
  expect(await rig.process.exited).toBe(0);
});
