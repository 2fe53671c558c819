/** The board's feed over real sockets: a watcher that stands still, and what frames cost the board. */
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Histogram } from '../../src/meter/histogram.ts';
import type { BoardSettings } from '../../src/server/board/board.ts';
import { BoardFeed } from '../../src/server/board/board-feed.ts';
import { FaultCounters } from '../../src/server/fault-counters.ts';
import { GuardedApp } from '../../src/server/guarded-app.ts';
import { Listener } from '../../src/server/listener.ts';
import { QuietLog } from '../../src/server/quiet-log.ts';
import { EventStream } from '../support/event-stream.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startRig } from '../support/server-rig.ts';
import { silentLog } from '../support/silent-log.ts';
import { TestSocketStream } from '../support/socket-stream.ts';

/** Five hundred calls are some 120 KB. */
const SNAPSHOT = { calls: 'x'.repeat(200_000) };
const closes: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

async function startFeed() {
  const clock = new FakeClock();
  const feed = new BoardFeed({ clock, log: silentLog, snapshot: () => SNAPSHOT });
  const listener = await Listener.start({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    register: (app) => {
      const faults = new FaultCounters();
      const guarded = new GuardedApp({
        app,
        log: new QuietLog(silentLog, clock),
        faults,
        sockets: new Set(),
      });
      guarded.route('get', '/api/board', (exchange) => feed.answer(exchange));
    },
  });
  closes.push(() => listener.close());
  return { clock, feed, port: listener.port };
}

describe('a watcher that stands still', () => {
  it('is cut, after what the kernel takes, and another misses nothing by it', async () => {
    const { clock, feed, port } = await startFeed();
    const still = connect(port, '127.0.0.1').pause();
    closes.push(() => void still.destroy());
    still.write('GET /api/board HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const reader = await EventStream.open(`http://127.0.0.1:${port}/api/board`);
    await vi.waitFor(() => expect(feed.watcherCount).toBe(2), 5000);
    let read = 0;
    // What waits unread is some MB of the kernel's and one snapshot of ours: the rest is never written.
    for (; feed.watcherCount === 2 && read < 500; read++) {
      expect(await reader.next()).toEqual(SNAPSHOT);
      clock.advanceMs(500);
    }
    expect(feed.watcherCount).toBe(1);
    expect(read).toBeLessThan(200);
    expect(await reader.next()).toEqual(SNAPSHOT);
    reader.close();
    await vi.waitFor(() => expect(feed.watcherCount).toBe(0), 5000);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('is ended with all others when the server leaves', async () => {
    const { feed, port } = await startFeed();
    const reader = await EventStream.open(`http://127.0.0.1:${port}/api/board`);
    expect(await reader.next()).toEqual(SNAPSHOT);
    feed.close();
    expect(await reader.next()).toBeNull();
  });
});

describe('HEAD', () => {
  it('gets the head of the stream alone, and watches nothing', async () => {
    const { feed, port } = await startFeed();
    const response = await fetch(`http://127.0.0.1:${port}/api/board`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(feed.watcherCount).toBe(0);
  });
});

describe('without a token', () => {
  const board: BoardSettings = {
    adminToken: null,
    showsWords: false,
    flows: [{ name: 'flow', hash: 'f', start: 'a', nodes: [], edges: [], intents: [] }],
    callLifeMs: 60_000,
    loopDelay: new Histogram(),
    tally: async () => ({ outcomes: {}, turns: 0, steps: [], next: null }),
    hangUp: async () => 'durable',
  };

  it('a local request is served, one of a foreign page or through a proxy is not', async () => {
    const rig = await startRig({ parts: { board } });
    closes.push(() => rig.close());
    const status = async (headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${rig.port}/api/flow`, { headers })).status;
    expect(await status({})).toBe(200);
    expect(await status({ 'x-forwarded-for': '10.0.0.1' })).toBe(403);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
  });

  it('a call costs the board nothing per frame: it is looked at for a snapshot, and for nothing else', async () => {
    let looks = 0;
    class HeardStream extends TestSocketStream {
      sound() {
        looks += 1;
        return { levelDbfs: -20, isSpeaking: true, botSpeaks: false };
      }
    }
    const streams: TestSocketStream[] = [];
    const openStream: NonNullable<Parameters<typeof startRig>[0]>['parts'] = {
      board,
      openStream: (socket, hooks) => {
        const stream = new HeardStream(socket, hooks);
        streams.push(stream);
        return stream;
      },
    };
    const rig = await startRig({ parts: openStream });
    closes.push(() => rig.close());
    const { carrier } = await rig.liveCall();
    await vi.waitFor(() => expect(streams[0]!.messages).toBe(1), 5000);
    const frames = async (count: number) => {
      const before = streams[0]!.messages;
      for (let sent = 0; sent < count; sent++) carrier.socket.send('{"event":"media"}');
      await vi.waitFor(() => expect(streams[0]!.messages).toBe(before + count), 5000);
    };
    await frames(1000);
    expect(looks).toBe(0);
    const watcher = await EventStream.open(`http://127.0.0.1:${rig.port}/api/board`);
    await watcher.until(({ calls }) => calls[0]?.levelDbfs === -20);
    const [looksBefore, beganAtMs] = [looks, performance.now()];
    await frames(1000);
    const ticks = Math.ceil((performance.now() - beganAtMs) / 500);
    expect(looks - looksBefore).toBeLessThanOrEqual(ticks);
    watcher.close();
  });
});
