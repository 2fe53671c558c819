/** Playback under random orders of events: what must hold whatever happens when. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promptOf } from '../../support/media-fakes.ts';
import { PlaybackRig } from '../../support/media-rigs.ts';

type Event =
  | { kind: 'play'; key: string; bargeIn: boolean }
  | { kind: 'fill'; key: string }
  | { kind: 'wait'; ms: number }
  | { kind: 'mark'; generation: number; playId: number }
  | { kind: 'socket'; result: number; bufferedBytes: number }
  | {
      kind: 'clear' | 'finish' | 'close' | 'pong' | 'drained' | 'audio comes' | 'audio fails' | 'echoes stop';
    };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 4000 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('play' as const),
      key: fc.constantFrom('short', 'prompt', 'long', 'late'),
      bargeIn: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fill' as const),
      key: fc.constantFrom('short', 'prompt', 'late'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('mark' as const),
      generation: fc.integer({ min: 0, max: 3 }),
      playId: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('socket' as const),
      result: fc.constantFrom(0, 1, 1, 2),
      bufferedBytes: fc.constantFrom(0, 0, 20_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('clear', 'clear', 'pong', 'drained', 'audio comes', 'audio fails'),
    }) as fc.Arbitrary<Event>,
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('finish', 'close', 'echoes stop') }) as fc.Arbitrary<Event>,
  },
);

interface Run {
  readonly rig: PlaybackRig;
  played: number[];
  sentWhenOver: number | null;
}

function happen(run: Run, one: Event): void {
  const { rig } = run;
  switch (one.kind) {
    case 'play':
      // After the end of the queue nothing is taken, so nothing may be expected to end.
      if (rig.playback.state.kind === 'closed' || rig.finishAsked) return;
      run.played.push(run.played.length + 1);
      rig.play(run.played.length, one.key, one.bargeIn);
      return;
    case 'fill': {
      // Taken after `finish` too, until the end was told: each is answered by `ended`, at once or later.
      if (rig.playback.state.kind === 'closed') return;
      const isHeard = rig.carrier.heldMs() > 1;
      const startedBefore = rig.started.length;
      run.played.push(run.played.length + 1);
      rig.playback.fill({ playId: run.played.length, promptKey: one.key });
      if (isHeard) expect(rig.started).toHaveLength(startedBefore);
      return;
    }
    case 'wait':
      rig.clock.advanceMs(one.ms);
      return;
    case 'mark':
      rig.playback.markEchoed(`g${one.generation}.${one.playId}`);
      return;
    case 'socket':
      rig.socket.result = one.result;
      rig.socket.bufferedBytes = one.bufferedBytes;
      return;
    case 'clear':
      rig.playback.clear();
      return;
    case 'finish':
      rig.finishAsked = true;
      rig.playback.finish();
      return;
    case 'close':
      rig.playback.close();
      return;
    case 'pong':
      rig.playback.pong();
      return;
    case 'drained':
      rig.playback.drained();
      return;
    case 'audio comes':
      rig.registry.ready(promptOf('late', 700));
      return;
    case 'audio fails':
      rig.registry.failed('late');
      return;
    case 'echoes stop':
      rig.carrier.echoes = false;
  }
}

function hold(run: Run): void {
  const { rig } = run;
  const ids = rig.ended.map(({ playId }) => playId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(rig.carrier.heldMaxMs).toBeLessThanOrEqual(1000.001);
  if (rig.playback.state.kind !== 'closed') return;
  run.sentWhenOver ??= rig.socket.sent.length;
  expect(rig.socket.sent).toHaveLength(run.sentWhenOver);
}

describe('playback under any order of events', () => {
  it('ends each prompt once, keeps to the lead, sends nothing after the end, leaves nothing', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const run: Run = { rig: new PlaybackRig(), played: [], sentWhenOver: null };
        const { rig } = run;
        for (const one of events) {
          happen(run, one);
          hold(run);
        }
        // Left alone, it comes to its end by itself: by marks, by its own clock, or because the peer does not read.
        rig.clock.advanceMs(60 * 16_000);
        hold(run);
        expect(rig.ended.map(({ playId }) => playId).sort((a, b) => a - b)).toEqual(run.played);
        expect(rig.playback.isIdle).toBe(true);
        expect(rig.wheel.pendingTimers).toBe(0);
        expect(rig.registry.counts()).toMatchObject({ playing: 0, waiters: 0 });
        if (rig.finishAsked && rig.playback.state.kind !== 'closed') expect(rig.finished).toBe(1);
        expect(new Set(rig.started).size).toBe(rig.started.length);
        for (const { playId, outcome, playedMs } of rig.ended) {
          if (outcome === 'played' || playedMs > 0) expect(rig.started).toContain(playId);
          if (outcome === 'failed') expect(rig.started).not.toContain(playId);
          expect(playedMs).toBeGreaterThanOrEqual(0);
          if (outcome === 'failed') expect(playedMs).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });
});
