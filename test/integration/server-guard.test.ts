/** A throw in our own code at the edge: the one request or stream pays, nobody else, and never the process. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formOf, newCallSid, type ServerRig, startRig } from '../support/server-rig.ts';

let rig: ServerRig;
const broken = { voice: false, health: false };

function breakIf(flag: 'voice' | 'health'): void {
  if (broken[flag]) throw new Error('defect with secret words');
}

beforeEach(async () => {
  broken.voice = false;
  broken.health = false;
  rig = await startRig({
    parts: {
      isVoiceReady: () => {
        breakIf('voice');
        return true;
      },
      storeHealth: () => {
        breakIf('health');
        return { engine: 'memory', isAlive: true, isDurable: true, deferredCommits: 0, lostWrites: 0 };
      },
      addRoutes: (app) => {
        app.socket('/ws/late', {
          accept: () => ({}),
          open() {},
          async message() {
            await new Promise((resolve) => setImmediate(resolve));
            throw new Error('late');
          },
          drain() {},
          ping() {},
          pong() {},
          dropped() {},
          close() {},
        });
        app.route('get', '/throws', () => {
          throw 'a string';
        });
        app.route('get', '/forgets', () => {});
        app.route('get', '/forgets-later', async () => {
          await Promise.resolve();
        });
        app.route('get', '/answers-then-throws', (exchange) => {
          exchange.answer({ status: '200 OK', contentType: 'text/plain', body: 'answered' });
          throw new Error('too late');
        });
      },
    },
  });
});

afterEach(async () => {
  broken.voice = false;
  const { carrier } = await rig.liveCall();
  await carrier.hears('play');
  await rig.close();
});

function expectPlain500(answer: { status: number; body: string }): void {
  expect(answer).toMatchObject({ status: 500, body: 'This request failed\n' });
}

describe('a throw in a route', () => {
  it('POST /voice, after its body was read', async () => {
    broken.voice = true;
    expectPlain500(await rig.post('/voice', { form: formOf(newCallSid()) }));
    expect(rig.server.faults.of('POST /voice')).toBe(1);
  });

  it('POST /voice/continue', async () => {
    const { callSid, continuePath } = await rig.call();
    rig.store.load = () => {
      throw new Error('defect');
    };
    expectPlain500(await rig.post(continuePath, { form: formOf(callSid) }));
    expect(rig.server.faults.of('POST /voice/continue/:callToken')).toBe(1);
  });

  it('GET /readyz, at once', async () => {
    broken.health = true;
    expectPlain500(await rig.post('/readyz', { method: 'GET' }));
    expect((await rig.post('/healthz', { method: 'GET' })).status).toBe(200);
  });

  it('that throws no Error, or forgets to answer, at once or later', async () => {
    for (const path of ['/throws', '/forgets', '/forgets-later']) {
      expectPlain500(await rig.post(path, { method: 'GET' }));
      expect(rig.server.faults.of(`GET ${path}`)).toBe(1);
    }
  });

  it('after the answer: the answer stands', async () => {
    const answer = await rig.post('/answers-then-throws', { method: 'GET' });
    expect(answer).toMatchObject({ status: 200, body: 'answered' });
    expect(rig.server.faults.of('GET /answers-then-throws')).toBe(1);
  });
});

describe('a throw in upgrade', () => {
  it('is a 500, and the next stream opens', async () => {
    const { streamPath } = await rig.call();
    const claim = rig.server.directory.claim.bind(rig.server.directory);
    rig.server.directory.claim = () => {
      throw new Error('defect');
    };
    expect((await rig.upgrade(streamPath)).status).toBe(500);
    rig.server.directory.claim = claim;
    expect(rig.server.faults.of('upgrade /ws/twilio/:streamToken')).toBe(1);
  });
});

describe('a throw in a WebSocket handler closes that stream and no other', () => {
  async function withBystander(run: () => Promise<void>): Promise<void> {
    const bystander = await rig.liveCall();
    await bystander.carrier.hears('play');
    await run();
    const stream = rig.streams[0]!;
    expect(stream.socket.isOpen).toBe(true);
    bystander.carrier.socket.send('{"event":"media"}');
    bystander.carrier.socket.close();
    await bystander.carrier.closed;
    expect(rig.server.census()).toMatchObject({ calls: 0, streams: 0, sockets: 0, placed: 0 });
  }

  it('open', () =>
    withBystander(async () => {
      const { directory } = rig.server;
      const open = directory.open.bind(directory);
      directory.open = () => {
        throw new Error('defect');
      };
      const { streamPath } = await rig.call();
      const carrier = await rig.upgrade(streamPath);
      expect(await carrier.closed).toBe(1011);
      directory.open = open;
      expect(rig.server.faults.of('socket open')).toBe(1);
      // Its slot ends with its lease.
      rig.server.admission.release((await rig.call()).callSid);
    }));

  it('message, logged once and without what was said', () =>
    withBystander(async () => {
      const { carrier } = await rig.liveCall();
      await carrier.hears('play');
      carrier.socket.send('throw');
      carrier.socket.send('throw');
      expect(await carrier.closed).toBe(1011);
      expect(rig.server.faults.of('socket message')).toBe(1);
      expect(rig.lines().filter((line) => line.event === 'socket.failed')).toHaveLength(1);
    }));

  it.each([
    ['ping', 'pinged'],
    ['pong', 'pong'],
  ] as const)('%s', (frame, at) =>
    withBystander(async () => {
      const { carrier } = await rig.liveCall();
      await carrier.hears('play');
      rig.streams.at(-1)!.throwAt.add(at);
      carrier.socket[frame]();
      expect(await carrier.closed).toBe(1011);
      expect(rig.server.faults.of(`socket ${frame}`)).toBe(1);
    }),
  );

  it('message, when its promise rejects, also after the socket has closed', () =>
    withBystander(async () => {
      const open = await rig.upgrade('/ws/late');
      open.socket.send('x');
      expect(await open.closed).toBe(1011);
      const gone = await rig.upgrade('/ws/late');
      gone.socket.send('x');
      gone.socket.terminate();
      while (rig.server.faults.of('socket message') < 2)
        await new Promise((resolve) => setImmediate(resolve));
    }));

  it('close: the call ends all the same', () =>
    withBystander(async () => {
      const { callSid, carrier } = await rig.liveCall();
      await carrier.hears('play');
      rig.streams.at(-1)!.throwAt.add('socketClosed');
      const ended = new Promise<string>((resolve) => {
        rig.server.directory.observe({ onEnd: (_callSid, reason) => resolve(reason) });
      });
      carrier.socket.terminate();
      expect(await ended).toBe('stream lost');
      expect(rig.server.faults.of('socket close')).toBe(1);
      expect(rig.store.finished).toContain(`${callSid}#0 stream lost`);
    }));

  it('drain', () =>
    withBystander(async () => {
      const { carrier } = await rig.liveCall();
      await carrier.hears('play');
      const stream = rig.streams.at(-1)!;
      stream.throwAt.add('drained');
      carrier.socket.pause();
      // Fills the kernel's buffers, then ours below the limit; reading again drains them.
      const bytes = new Uint8Array(64 * 1024);
      while (stream.socket.getBufferedAmount() < 512 * 1024) stream.socket.send(bytes, true);
      carrier.socket.resume();
      expect(await carrier.closed).toBe(1011);
      expect(rig.server.faults.of('socket drain')).toBe(1);
    }));
});

it('w47 closes a peer that never reads, at a bounded amount', async () => {
  const { callSid, carrier } = await rig.liveCall();
  await carrier.hears('play');
  carrier.socket.pause();
  const stream = rig.streams.at(-1)!;
  const bytes = new Uint8Array(64 * 1024);
  for (let count = 0; count < 1000 && stream.socket.isOpen; count++) stream.socket.send(bytes, true);
  expect(stream.socket.isOpen).toBe(false);
  expect(rig.server.directory.isLive(callSid)).toBe(false);
  carrier.socket.terminate();
});
