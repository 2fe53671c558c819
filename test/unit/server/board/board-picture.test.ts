import { expect, it } from 'vitest';
import type { BoardCall } from '../../../../src/protocol/board-api.ts';
import { type BoardPictureOf, boardPicture } from '../../../../src/server/board/board-picture.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const CALL = { callSid: `CA${'1'.repeat(32)}`, heard: '</script>\n\u2028' } as unknown as BoardCall;

function picture(more: Partial<BoardPictureOf> = {}) {
  return boardPicture({
    clock: new FakeClock(1_000_000),
    nodeId: 'node-1',
    calls: {
      count: 1200,
      newest: (limit) => Array.from({ length: Math.min(limit, 1200) }, () => CALL),
      trailOf: () => null,
    },
    capacity: () => ({ limit: 900, configured: 1000, inUse: 850, lowered: true }),
    isDraining: () => true,
    workers: { readyCount: 1, workerCount: 2, lostCount: 3 },
    storeHealth: () => ({
      engine: 'sqlite',
      isAlive: true,
      isDurable: false,
      deferredCommits: 4,
      lostWrites: 0,
    }),
    vendors: () => ({ down: {}, requests: [] }),
    today: () => ({ outcomes: [{ name: 'eligible', calls: 7 }], turns: 80 }),
    latencies: { quantilesMs: () => ({ p50: 900, p95: 1200, p99: 1500 }) },
    loopDelay: { look: () => ({ p50: 1, p99: 5 }) },
    ...more,
  });
}

it('shows the newest 500 calls, and how many there are', () => {
  const { callCount, calls } = picture();
  expect([callCount, calls.length]).toEqual([1200, 500]);
});

it('shows how the node does', () => {
  expect(picture()).toMatchObject({
    atMs: 1_000_000,
    nodeId: 'node-1',
    capacity: { limit: 900, inUse: 850, lowered: true, draining: true },
    workers: { ready: 1, wanted: 2, lost: 3 },
    store: { engine: 'sqlite', isDurable: false, deferredCommits: 4 },
    today: {
      outcomes: [{ name: 'eligible', calls: 7 }],
      turns: 80,
      turnLatencyMs: { p50: 900, p95: 1200, p99: 1500 },
    },
    loopDelayMs: { p50: 1, p99: 5 },
  });
});

it('calls a store that is gone not durable', () => {
  const gone = { engine: 'sqlite', isAlive: false, isDurable: true, deferredCommits: 0, lostWrites: 0 };
  expect(picture({ storeHealth: () => gone }).store.isDurable).toBe(false);
});

it('shows each vendor with how its requests ended, and which is passed over', () => {
  const count = (role: 'recognizer' | 'synthesizer', provider: string, outcome: string, requests: number) =>
    ({ role, provider, outcome, requests }) as ReturnType<BoardPictureOf['vendors']>['requests'][number];
  const report = {
    down: { 'synthesizer elevenlabs': { threads: 1 }, 'recognizer openai': { threads: 2 } },
    requests: [
      count('recognizer', 'openai', 'ok', 90),
      count('recognizer', 'openai', 'failed', 2),
      count('recognizer', 'builtin', 'ok', 5),
    ],
  };
  expect(picture({ vendors: () => report }).vendors).toEqual([
    { name: 'synthesizer elevenlabs', state: 'down', detail: 'passed over by 1 thread' },
    { name: 'recognizer openai', state: 'down', detail: 'passed over by 2 threads, 90 ok, 2 failed' },
    { name: 'recognizer builtin', state: 'up', detail: '5 ok' },
  ]);
});
