import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/errors.ts';
import { GuardedUnderstanding } from '../../../src/speech/guarded-understanding.ts';
import { VendorGuard } from '../../../src/speech/resilience/vendor-guard.ts';
import { VendorTally } from '../../../src/speech/resilience/vendor-tally.ts';
import { settle } from '../../support/call-under-test.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const QUESTION = { kind: 'yes-no', language: 'en', prompt: 'Do you smoke?', choices: [] } as const;

function understandingUnderTest(outcomes: (string | null | Error | 'hang')[]) {
  const clock = new FakeClock();
  const tally = new VendorTally();
  const signals: AbortSignal[] = [];
  const guarded = new GuardedUnderstanding({
    understanding: {
      provider: 'fake',
      understand: async (_question, _transcript, signal) => {
        signals.push(signal);
        const outcome = outcomes.shift()!;
        if (outcome instanceof Error) throw outcome;
        return outcome === 'hang' ? new Promise<never>(() => {}) : outcome;
      },
    },
    guard: new VendorGuard({ clock, onChange: () => {} }),
    clock,
    apiDeadlineMs: 4000,
    tally,
  });
  const abort = new AbortController();
  return {
    clock,
    signals,
    abort,
    ask: () => guarded.understand(QUESTION, 'never touched one', abort.signal),
    counts: () => Object.fromEntries(tally.take().map(({ outcome, requests }) => [outcome, requests])),
  };
}

const denied = () => new ProviderError('no key', { provider: 'fake', fault: 'denied' });

describe('an understanding with a guard', () => {
  it('passes answers on, and what is unclear', async () => {
    const { ask, counts } = understandingUnderTest(['no', null]);
    expect(await ask()).toBe('no');
    expect(await ask()).toBeNull();
    expect(counts()).toEqual({ ok: 2 });
  });

  it('leaves unclear what its vendor fails at', async () => {
    const { ask, counts } = understandingUnderTest([new Error('reset')]);
    expect(await ask()).toBeNull();
    expect(counts()).toEqual({ failed: 1 });
  });

  it('waits 2.5 s and no longer', async () => {
    const { ask, clock, signals, counts } = understandingUnderTest(['hang']);
    const answer = ask();
    await settle();
    clock.advanceMs(2500);
    expect(await answer).toBeNull();
    expect(signals[0]?.aborted).toBe(true);
    expect(counts()).toEqual({ late: 1 });
  });

  it('does not ask a vendor that is down, until a trial on the side has succeeded', async () => {
    const { ask, clock, signals, counts } = understandingUnderTest([denied(), 'yes', 'no']);
    await ask();
    expect(await ask()).toBeNull();
    expect(signals).toHaveLength(1);
    clock.advanceMs(60_000);
    expect(await ask()).toBeNull();
    await settle();
    expect(await ask()).toBe('no');
    expect(counts()).toEqual({ failed: 1, skipped: 2, ok: 2 });
  });

  it('stops at the abort of its signal, and holds it against nobody', async () => {
    const { ask, abort, counts } = understandingUnderTest(['hang']);
    const answer = ask();
    await settle();
    abort.abort();
    expect(await answer).toBeNull();
    expect(counts()).toEqual({ withdrawn: 1 });
  });
});
