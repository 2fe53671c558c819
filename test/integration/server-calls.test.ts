/** Whole calls through the server with real workers and sockets: placement, loss, resuming, leaving. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CUES } from '../support/server-call-worker.ts';
import { formOf, pathsOf, type ServerRig, startRig } from '../support/server-rig.ts';

let rig: ServerRig;

beforeAll(async () => {
  rig = await startRig({ settings: { workers: 2, workerStallMs: 500 } });
});

afterEach(async () => {
  while (rig.server.workers.readyCount < 2) await new Promise((resolve) => setImmediate(resolve));
  const { carrier } = await rig.liveCall();
  await carrier.hears('play');
  carrier.socket.close();
  await carrier.closed;
  expect(rig.server.census()).toMatchObject({ calls: 0, streams: 0, sockets: 0, placed: 0, waiting: 0 });
  expect(rig.server.faults.entries()).toEqual([]);
});

afterAll(() => rig.close());

function continued(path: string, callSid: string) {
  return rig.post(path, { form: formOf(callSid) });
}

async function hangsUp(call: Awaited<ReturnType<ServerRig['liveCall']>>): Promise<void> {
  call.carrier.socket.terminate();
  await call.carrier.closed;
  while (rig.server.directory.isLive(call.callSid)) await new Promise((resolve) => setImmediate(resolve));
}

describe('a call', () => {
  it('is begun, played to, finished and hung up', async () => {
    const { callSid, carrier, continuePath } = await rig.liveCall({ To: CUES.finish });
    expect(await carrier.closed).toBe(1000);
    expect(rig.store.finished).toContain(`${callSid}#0 completed`);
    const { status, body } = await continued(continuePath, callSid);
    expect(status).toBe(200);
    expect(body).toMatch(/<Response><Hangup\/><\/Response>$/);
  });

  it('is transferred when its flow says so', async () => {
    const { callSid, carrier, continuePath } = await rig.liveCall({ To: CUES.transfer });
    await carrier.closed;
    expect((await continued(continuePath, callSid)).body).toContain(
      'method="POST" timeout="20"><Number>+15551234567</Number></Dial>',
    );
  });

  it('goes on where it was after its stream was lost, three times, and then hears an apology', async () => {
    const call = await rig.liveCall();
    await call.carrier.hears('play');
    await hangsUp(call);
    let { continuePath } = call;
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { body } = await continued(continuePath, call.callSid);
      expect(body).toEqual(
        (await continued(continuePath, call.callSid)).body.replace(/[\w-]{104}/g, (_, at) =>
          body.slice(at, at + 104),
        ),
      );
      const paths = pathsOf(body);
      const carrier = await rig.upgrade(paths.streamPath);
      carrier.start(call.callSid);
      await carrier.hears('play');
      expect(rig.store.records.get(call.callSid)?.attempt).toBe(attempt);
      await hangsUp({ ...call, carrier });
      continuePath = paths.continuePath;
    }
    expect((await continued(continuePath, call.callSid)).body).toMatch(/<Say[^>]*>We are sorry.*<Hangup\/>/);
  });

  it('goes on when its first webhook comes again while it is live, or after its stream was lost', async () => {
    const call = await rig.liveCall();
    await call.carrier.hears('play');
    const again = await rig.call(call.callSid);
    const newer = await rig.upgrade(again.streamPath);
    expect(newer.status).toBe(101);
    newer.start(call.callSid);
    expect(await call.carrier.closed).toBe(1000);
    await newer.hears('play');
    expect(rig.server.census()).toMatchObject({ calls: 1, streams: 1, waiting: 0 });
    await hangsUp({ ...call, carrier: newer });
    const third = await rig.upgrade((await rig.call(call.callSid)).streamPath);
    expect(third.status).toBe(101);
    third.start(call.callSid);
    await third.hears('play');
    expect(rig.store.records.get(call.callSid)?.attempt).toBe(2);
    await hangsUp({ ...call, carrier: third });
  });

  it('gets no stream any more when its first webhook comes again after its end', async () => {
    const finished = await rig.liveCall({ To: CUES.finish });
    await finished.carrier.closed;
    expect((await rig.call(finished.callSid)).answer.body).toMatch(/<Response><Hangup\/><\/Response>$/);
    const transferred = await rig.liveCall({ To: CUES.transfer });
    await transferred.carrier.closed;
    expect((await rig.call(transferred.callSid)).answer.body).toContain('<Number>+15551234567</Number>');
  });

  it('goes on from the store when this process has never seen it', async () => {
    const { callSid, continuePath } = await rig.call();
    await rig.store.begin({ callSid, attempt: 0, from: '', to: '', flowHash: '' });
    await rig.store.commit(callSid, 0, { nodeId: 'age' });
    const { streamPath } = pathsOf((await continued(continuePath, callSid)).body);
    const carrier = await rig.upgrade(streamPath);
    carrier.start(callSid);
    await carrier.hears('play');
    carrier.socket.terminate();
    await carrier.closed;
  });

  it('is not continued by the token of another call', async () => {
    const one = await rig.call();
    const other = await rig.call();
    expect((await continued(one.continuePath, other.callSid)).status).toBe(403);
    for (const { callSid } of [one, other]) rig.server.admission.release(callSid);
  });

  it('begins anew once when its own code failed, then says goodbye, and leaves its worker to the others', async () => {
    const bystander = await rig.liveCall();
    await bystander.carrier.hears('play');
    const { callSid, carrier, continuePath } = await rig.liveCall({ To: CUES.fail });
    expect(await carrier.hears('goodbye')).toContain('"promptKey":"apology","reason":"call failed"');
    const moves = rig.lines().filter((line) => line.event === 'call.moved');
    expect(moves.at(-1)).toMatchObject({ callSid, how: 'remake' });
    await carrier.closed;
    expect((await continued(continuePath, callSid)).body).toContain('<Hangup/>');
    expect(rig.server.workers.lostCount).toBe(0);
    expect(bystander.carrier.socket.readyState).toBe(bystander.carrier.socket.OPEN);
    await hangsUp(bystander);
  });
});

describe('the loss of a worker', () => {
  it.each(['throw', 'exit', 'spin'] as const)(
    'by "%s" costs the call that does it again on a worker of its own, and no other',
    async (cue) => {
      const two = [await rig.liveCall(), await rig.liveCall()];
      for (const { carrier } of two) await carrier.hears('play');
      const lostBefore = rig.server.workers.lostCount;
      const movesBefore = rig.lines().filter((line) => line.event === 'call.moved').length;
      const guilty = await rig.liveCall({ To: CUES[cue] });
      const goodbye = '"promptKey":"apology","reason":"worker failed"';
      expect(await guilty.carrier.hears('goodbye')).toContain(goodbye);
      await guilty.carrier.closed;
      expect(rig.server.workers.lostCount).toBe(lostBefore + 2);
      // One of the two shared its worker; the other did not.
      const moves = rig.lines().filter((line) => line.event === 'call.moved');
      const sharedWorker = { callSid: expect.stringMatching(`${two[0]!.callSid}|${two[1]!.callSid}`) };
      expect(moves.slice(movesBefore)).toMatchObject([
        { ...sharedWorker, how: 'move' },
        { callSid: guilty.callSid, how: 'isolate', workerId: 2 },
      ]);
      const open = two.filter(({ carrier }) => carrier.socket.readyState === carrier.socket.OPEN);
      expect(open).toHaveLength(2);
      const suspected = rig.lines().filter((line) => line.event === 'call.suspected');
      expect(suspected.at(-1)).toMatchObject({ callSid: guilty.callSid });
      for (const call of two) await hangsUp(call);
    },
  );
});

describe('the loss of the only worker', () => {
  it('lets its calls wait for a fresh one, with a word in between', async () => {
    const alone = await startRig({ settings: { workers: 1 } });
    const bystander = await alone.liveCall();
    await bystander.carrier.hears('play');
    const guilty = await alone.liveCall({ To: CUES.exit });
    await bystander.carrier.hears('fill');
    await guilty.carrier.hears('goodbye');
    while (bystander.carrier.heard.filter((text) => text.includes('"event":"play"')).length < 2)
      await new Promise((resolve) => setImmediate(resolve));
    expect(alone.server.census()).toMatchObject({ placed: 1, unplaced: 0, quarantined: 0 });
    await alone.close();
  });
});

describe('leaving', () => {
  it('ends what is live with a close message, and its carrier is told to wait for the next process', async () => {
    const leaving = await startRig();
    const { callSid, carrier, continuePath } = await leaving.liveCall();
    await carrier.hears('play');
    void leaving.server.drain.begin();
    leaving.server.drain.hurry();
    expect(await carrier.closed).toBe(1001);
    const { body } = await leaving.post(continuePath, { form: formOf(callSid) });
    expect(body).toContain('<Pause length="2"/><Redirect method="POST">');
    expect(body).toContain(`${continuePath}?waits=1</Redirect>`);
    expect(leaving.store.finished).toEqual([`${callSid}#0 shutting down`]);
    await leaving.close();
  });

  it('closes with live calls: a close message each, then nothing is left', async () => {
    const leaving = await startRig();
    const { carrier } = await leaving.liveCall();
    await carrier.hears('play');
    await leaving.close();
    await leaving.close();
    expect(await carrier.closed).toBe(1001);
    expect(leaving.server.census()).toMatchObject({ calls: 0, streams: 0, sockets: 0, placed: 0 });
  });
});
