import { describe, expect, it } from 'vitest';
import type { Span } from '../../../src/telemetry/span.ts';
import { type SendOutcome, SpanQueue } from '../../../src/telemetry/span-queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const TAKEN: SendOutcome = { kind: 'taken', rejected: 0 };
const LATER: SendOutcome = { kind: 'later', afterMs: null };

function spans(count: number): Span[] {
  return Array.from({ length: count }, (_, index) => ({ name: String(index) }) as Span);
}

/** A queue to a collector that answers when the test says. */
function rig() {
  const clock = new FakeClock();
  const sent: (readonly Span[])[] = [];
  const answers: ((outcome: SendOutcome) => void)[] = [];
  const counts = { exported: 0, dropped: 0 };
  const queue = new SpanQueue({
    clock,
    send: (batch) => {
      sent.push(batch);
      return new Promise((resolve) => answers.push(resolve));
    },
    onExported: (count) => {
      counts.exported += count;
    },
    onDropped: (count) => {
      counts.dropped += count;
    },
  });
  const answer = async (outcome: SendOutcome) => {
    answers.at(-1)?.(outcome);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, sent, counts, queue, answer };
}

describe('spans', () => {
  it('are gathered for five seconds, then sent together', () => {
    const { clock, sent, queue } = rig();
    queue.add(spans(3));
    clock.advanceMs(4999);
    queue.add(spans(2));
    expect(sent).toEqual([]);
    clock.advanceMs(1);
    expect(sent.map((batch) => batch.length)).toEqual([5]);
  });

  it('are sent at once when a batch is full, one request at a time', async () => {
    const { sent, queue, answer, counts } = rig();
    queue.add(spans(1100));
    expect(sent.map((batch) => batch.length)).toEqual([512]);
    await answer(TAKEN);
    expect(sent.map((batch) => batch.length)).toEqual([512, 512]);
    expect(counts).toEqual({ exported: 512, dropped: 0 });
  });

  it('beyond the bound are dropped and counted, whatever the collector does', () => {
    const { queue, counts } = rig();
    for (let round = 0; round < 100; round++) queue.add(spans(1000));
    expect(counts).toEqual({ exported: 0, dropped: 100_000 - 8192 });
  });

  it('that the collector rejects out of a batch are counted as dropped', async () => {
    const { clock, queue, answer, counts } = rig();
    queue.add(spans(10));
    clock.advanceMs(5000);
    await answer({ kind: 'taken', rejected: 3 });
    expect(counts).toEqual({ exported: 7, dropped: 3 });
  });

  it('that are refused are not sent again', async () => {
    const { clock, queue, sent, answer, counts } = rig();
    queue.add(spans(10));
    clock.advanceMs(5000);
    await answer({ kind: 'refused' });
    clock.advanceMs(60_000);
    expect(sent).toHaveLength(1);
    expect(counts).toEqual({ exported: 0, dropped: 10 });
  });
});

describe('a collector that is away', () => {
  it('is asked again after growing pauses, with the same spans first', async () => {
    const { clock, queue, sent, answer } = rig();
    queue.add(spans(1));
    clock.advanceMs(5000);
    for (const pauseMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const tries = sent.length;
      await answer(LATER);
      queue.add(spans(1));
      clock.advanceMs(pauseMs - 1);
      expect(sent).toHaveLength(tries);
      clock.advanceMs(1);
      expect(sent).toHaveLength(tries + 1);
    }
    expect(sent.at(-1)).toHaveLength(8);
    expect(sent.at(-1)?.[0]).toBe(sent[0]?.[0]);
  });

  it('is asked again when it wants to be', async () => {
    const { clock, queue, sent, answer } = rig();
    queue.add(spans(1));
    clock.advanceMs(5000);
    await answer({ kind: 'later', afterMs: 7000 });
    clock.advanceMs(6999);
    expect(sent).toHaveLength(1);
    clock.advanceMs(1);
    expect(sent).toHaveLength(2);
  });

  it('and comes back is given what waited', async () => {
    const { clock, queue, answer, counts } = rig();
    queue.add(spans(5));
    clock.advanceMs(5000);
    await answer(LATER);
    clock.advanceMs(1000);
    await answer(TAKEN);
    expect(counts).toEqual({ exported: 5, dropped: 0 });
  });
});

describe('closing', () => {
  it('sends what waits at once, and takes nothing more', async () => {
    const { queue, sent, answer, counts } = rig();
    queue.add(spans(600));
    queue.add(spans(4));
    const closed = queue.close(2000);
    await answer(TAKEN);
    expect(sent.map((batch) => batch.length)).toEqual([512, 92]);
    await answer(TAKEN);
    await closed;
    queue.add(spans(2));
    expect(counts).toEqual({ exported: 604, dropped: 2 });
  });

  it('waits no longer than it may, and counts what is left', async () => {
    const { clock, queue, counts } = rig();
    queue.add(spans(600));
    const closed = queue.close(2000);
    clock.advanceMs(2000);
    await closed;
    expect(counts).toEqual({ exported: 0, dropped: 600 });
  });

  it('with nothing waiting is over at once', async () => {
    await rig().queue.close(2000);
  });
});
