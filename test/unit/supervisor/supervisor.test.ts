import { describe, expect, it } from 'vitest';
import type { ServerAddress, ToServer } from '../../../src/supervisor/server-messages.ts';
import type { ServerProcessEvents } from '../../../src/supervisor/server-process.ts';
import { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ADDRESS: ServerAddress = { host: '127.0.0.1', port: 8080, tls: null, publicUrl: null };

/** A supervisor over processes that do what the test says. `happened` is what it did, in order. */
function rig() {
  const clock = new FakeClock();
  const happened: string[] = [];
  const servers: ServerProcessEvents[] = [];
  const sent: ToServer[] = [];
  const waitEnds: string[] = [];
  const supervisor = new Supervisor({
    clock,
    note: (_level, { event }) => happened.push(event),
    standIn: {
      open: ({ port }) => happened.push(`open ${port}`),
      close: () => happened.push('close'),
      practise: () => {},
      endWaits: (why) => waitEnds.push(why),
    },
    startServer: (events) => {
      happened.push('start');
      servers.push(events);
      return {
        pid: servers.length,
        kill: (signal) => happened.push(signal),
        send: (message) => sent.push(message),
      };
    },
  });
  supervisor.done.catch(() => {});
  const server = () => servers.at(-1)!;
  const listens = () => {
    server().onMessage({ kind: 'port.wanted' });
    server().onMessage({ kind: 'listening', address: ADDRESS, drainSeconds: 150 });
  };
  const serves = () => {
    listens();
    server().onMessage({ kind: 'ready' });
  };
  const dies = (signal: NodeJS.Signals = 'SIGKILL') => {
    server().onDisconnected();
    server().onExited(null, signal);
  };
  /** What happened since the last time. */
  const news = () => happened.splice(0);
  return { clock, dies, listens, news, sent, server, serves, supervisor, waitEnds };
}

describe('a supervisor', () => {
  it('ends with the code of a server that never was ready, and does not start it again', async () => {
    const { news, server, supervisor } = rig();
    server().onExited(1, null);
    expect(await supervisor.done).toBe(1);
    expect(news()).toEqual(['start', 'close']);
  });

  it('answers callers where one that listened is killed before it was ready, and leaves them where it ends by itself', () => {
    const killed = rig();
    killed.listens();
    killed.news();
    killed.dies();
    expect(killed.news()).toEqual(['open 8080', 'open 8080', 'server.lost']);
    const ended = rig();
    ended.listens();
    ended.news();
    ended.server().onDisconnected();
    ended.server().onExited(1, null);
    expect(ended.news()).toEqual(['open 8080', 'close']);
  });

  it('leaves the port before it says that it is free, and names it to every later server', () => {
    const { clock, dies, listens, news, sent, serves } = rig();
    serves();
    expect(news()).toEqual(['start', 'close', 'server.started']);
    dies();
    clock.advanceMs(10);
    listens();
    expect(news()).toEqual(['open 8080', 'open 8080', 'server.lost', 'start', 'close', 'server.started']);
    expect(sent.map(({ port }) => port)).toEqual([null, 8080]);
  });

  it('sends on who waits only when a server listens, not when it asks for the port', () => {
    const { clock, dies, server, serves, waitEnds } = rig();
    serves();
    dies();
    clock.advanceMs(10);
    waitEnds.length = 0;
    server().onMessage({ kind: 'port.wanted' });
    expect(waitEnds).toEqual([]);
    server().onMessage({ kind: 'listening', address: ADDRESS, drainSeconds: 150 });
    expect(waitEnds).toEqual(['served']);
  });

  it('answers who waits at once when it is told to stop', () => {
    const { clock, dies, serves, supervisor, waitEnds } = rig();
    serves();
    dies();
    clock.advanceMs(10);
    waitEnds.length = 0;
    supervisor.signal('SIGTERM');
    expect(waitEnds).toEqual(['over']);
  });

  it('takes the port when the channel closes, before the process has gone', () => {
    const { news, server, serves } = rig();
    serves();
    news();
    server().onDisconnected();
    expect(news()).toEqual(['open 8080']);
  });

  it('takes the port of a server that ends itself, while it still takes leave', () => {
    const { news, server, serves } = rig();
    serves();
    news();
    server().onMessage({ kind: 'port.left' });
    expect(news()).toEqual(['open 8080']);
  });

  it('restarts at once after one end, later after more, and gives up on a loop', async () => {
    const { clock, dies, news, serves, supervisor } = rig();
    const delays: number[] = [];
    serves();
    for (let end = 1; end < 10; end++) {
      news();
      dies();
      const diedAtMs = clock.nowMs();
      while (!news().includes('start')) clock.advanceMs(10);
      delays.push(clock.nowMs() - diedAtMs);
      serves();
    }
    expect(delays).toEqual([10, 250, 500, 1000, 2000, 4000, 4000, 4000, 4000]);
    dies();
    await expect(supervisor.done).rejects.toThrow(/10 ends within 20 s \(the last: SIGKILL\)/);
    await expect(supervisor.done).rejects.toMatchObject({ code: 'ERR_CRASH_LOOP' });
    clock.advanceMs(60_000);
    expect(news().slice(-1)).toEqual(['close']);
  });

  it('gives up sooner on a server that does not get ready any more', async () => {
    const { clock, news, server, serves, supervisor } = rig();
    serves();
    server().onExited(0, null);
    for (let start = 0; start < 5; start++) {
      clock.advanceMs(4000);
      server().onExited(1, null);
    }
    await expect(supervisor.done).rejects.toThrow(/exit code 1/);
    expect(news().filter((what) => what === 'start')).toHaveLength(6);
  });

  it('forgets ends that are long ago', () => {
    const { clock, dies, news, serves } = rig();
    for (let end = 0; end < 30; end++) {
      serves();
      dies();
      clock.advanceMs(10);
      expect(news().slice(-1)).toEqual(['start']);
      serves();
      for (let second = 0; second < 61; second++) {
        clock.advanceMs(1000);
        serves();
      }
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on each time, and ends with the code', async (name) => {
    const { news, server, serves, supervisor } = rig();
    serves();
    news();
    supervisor.signal(name);
    supervisor.signal(name);
    server().onMessage({ kind: 'port.left' });
    server().onDisconnected();
    server().onExited(0, null);
    expect(news()).toEqual([name, name, 'close']);
    expect(await supervisor.done).toBe(0);
  });

  it('ends with 0 when it is told to while no server runs', async () => {
    const { clock, dies, news, serves, supervisor } = rig();
    serves();
    dies();
    clock.advanceMs(10);
    serves();
    dies();
    supervisor.signal('SIGTERM');
    expect(await supervisor.done).toBe(0);
    news();
    clock.advanceMs(60_000);
    expect(news()).toEqual([]);
  });

  it('kills a server whose loop stands, one that does not listen, and one that does not stop', () => {
    const silent = rig();
    silent.serves();
    silent.clock.advanceMs(9000);
    silent.server().onMessage({ kind: 'beat' });
    silent.clock.advanceMs(9999);
    expect(silent.news()).not.toContain('SIGKILL');
    silent.clock.advanceMs(1);
    expect(silent.news()).toEqual(['server.killed', 'SIGKILL']);

    const mute = rig();
    mute.clock.advanceMs(60_000);
    expect(mute.news()).toContain('SIGKILL');

    const stubborn = rig();
    stubborn.serves();
    stubborn.supervisor.signal('SIGTERM');
    stubborn.clock.advanceMs(164_999);
    expect(stubborn.news()).not.toContain('SIGKILL');
    stubborn.clock.advanceMs(1);
    expect(stubborn.news()).toContain('SIGKILL');
  });
});
