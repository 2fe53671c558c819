import { describe, expect, it } from 'vitest';
import { BoardFeed } from '../../../../src/server/board/board-feed.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { fakeExchange } from '../../../support/fake-exchange.ts';
import { keptLog } from '../../../support/silent-log.ts';

function setUp() {
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  let made = 0;
  const state = { fails: false };
  const feed = new BoardFeed({
    clock,
    log,
    snapshot: () => {
      if (state.fails) throw new Error('on cue');
      made += 1;
      return { number: made };
    },
  });
  const watch = () => {
    const asked = fakeExchange();
    feed.answer(asked.exchange);
    return asked;
  };
  return { clock, feed, lines, state, watch, made: () => made };
}

const event = (number: number) => `event: board\ndata: {"number":${number}}\n\n`;

describe('the feed of the board', () => {
  it('sends a snapshot at once, and one every half second', () => {
    const { clock, watch } = setUp();
    const { watcher } = watch();
    expect(watcher.pieces).toEqual([event(1)]);
    clock.advanceMs(1000);
    expect(watcher.pieces).toEqual([event(1), event(2), event(3)]);
  });

  it('makes one snapshot for all who watch, and none more for who comes in between', () => {
    const { clock, made, watch } = setUp();
    const watchers = Array.from({ length: 10 }, () => watch().watcher);
    expect(made()).toBe(1);
    clock.advanceMs(400);
    watchers.push(watch().watcher);
    expect(made()).toBe(1);
    clock.advanceMs(100);
    expect(made()).toBe(2);
    for (const { pieces } of watchers) expect(pieces).toEqual([event(1), event(2)]);
  });

  it('makes none, and waits for nothing, while nobody watches', () => {
    const { clock, made, watch } = setUp();
    clock.advanceMs(10_000);
    expect([made(), clock.pendingTimers()]).toEqual([0, 0]);
    const [one, other] = [watch().watcher, watch().watcher];
    one.leave();
    expect(clock.pendingTimers()).toBe(1);
    other.leave();
    clock.advanceMs(10_000);
    expect([made(), clock.pendingTimers()]).toEqual([1, 0]);
  });

  it('leaves out what a slow watcher has no room for, and goes on when it reads again', () => {
    const { clock, watch } = setUp();
    const { watcher } = watch();
    watcher.isFull = true;
    clock.advanceMs(3000);
    expect(watcher.pieces).toEqual([event(1)]);
    watcher.isFull = false;
    clock.advanceMs(500);
    expect(watcher.pieces).toEqual([event(1), event(8)]);
  });

  it('cuts a watcher that has not read for 5 s, and no other', () => {
    const { clock, feed, watch } = setUp();
    const [still, reading] = [watch().watcher, watch().watcher];
    still.isFull = true;
    clock.advanceMs(5000);
    expect(still.end).toBe('none');
    clock.advanceMs(500);
    expect(still.end).toBe('cut');
    expect(reading.end).toBe('none');
    expect(feed.watcherCount).toBe(1);
  });

  it('takes 32 watchers, and refuses the next until one has left', () => {
    const { watch } = setUp();
    const watchers = Array.from({ length: 32 }, () => watch().watcher);
    const refused = watch();
    expect([refused.status, refused.code]).toEqual([429, 'too-many']);
    expect(refused.answers[0]?.headers).toEqual({ 'Retry-After': '10' });
    watchers[5]!.leave();
    expect(watch().watcher.pieces).toHaveLength(1);
  });

  it('goes on after a snapshot that could not be made, and says so once', () => {
    const { clock, lines, state, watch } = setUp();
    const { watcher } = watch();
    state.fails = true;
    clock.advanceMs(1500);
    expect(watcher.pieces).toEqual([event(1)]);
    state.fails = false;
    clock.advanceMs(500);
    expect(watcher.pieces).toEqual([event(1), event(2)]);
    expect(lines().filter((line) => line.event === 'board.failed')).toHaveLength(1);
  });

  it('ends every stream when it is closed, and takes no more', () => {
    const { clock, feed, watch } = setUp();
    const { watcher } = watch();
    feed.close();
    expect(watcher.end).toBe('ended');
    expect(clock.pendingTimers()).toBe(0);
    expect(watch().status).toBe(429);
  });
});
