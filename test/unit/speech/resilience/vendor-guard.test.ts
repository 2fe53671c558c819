import { describe, expect, it, vi } from 'vitest';
import { DeadlineError, ProviderError, type ProviderFault } from '../../../../src/errors.ts';
import { VendorGuard } from '../../../../src/speech/resilience/vendor-guard.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const failure = (fault: ProviderFault) => new ProviderError(`is ${fault}`, { provider: 'x', fault });

function guardUnderTest() {
  const clock = new FakeClock();
  const told: string[] = [];
  const guard = new VendorGuard({
    clock,
    onChange: (state, cause) => told.push(cause instanceof Error ? `${state}: ${cause.message}` : state),
  });
  const answers = () => guard.run(async () => 'answer');
  const fails = (error: Error) => guard.run(() => Promise.reject(error)).catch((thrown: unknown) => thrown);
  const goesDown = async () => {
    for (let count = 0; count < 3; count++) await fails(failure('transient'));
  };
  return { clock, told, guard, answers, fails, goesDown };
}

describe("a vendor's guard", () => {
  it('passes results and failures on as they are', async () => {
    const { answers, fails } = guardUnderTest();
    expect(await answers()).toBe('answer');
    const error = failure('refused');
    expect(await fails(error)).toBe(error);
  });

  it('closes the way after three failures in a row, and tells so once with the cause', async () => {
    const { guard, fails, told } = guardUnderTest();
    await fails(failure('transient'));
    await fails(failure('unusable'));
    expect(guard.isUsable()).toBe(true);
    await fails(new DeadlineError('too late'));
    expect(guard.isUsable()).toBe(false);
    expect(told).toEqual(['down: too late']);
  });

  it('counts failures in a row only', async () => {
    const { guard, answers, fails } = guardUnderTest();
    for (let round = 0; round < 3; round++) {
      await fails(failure('transient'));
      await fails(failure('transient'));
      await answers();
    }
    expect(guard.isUsable()).toBe(true);
  });

  it('closes the way at once when the key, the quota or the model is refused', async () => {
    const { guard, fails, clock } = guardUnderTest();
    await fails(failure('denied'));
    expect(guard.isUsable()).toBe(false);
    clock.advanceMs(59_999);
    expect(guard.isTrialDue()).toBe(false);
    clock.advanceMs(1);
    expect(guard.isTrialDue()).toBe(true);
  });

  it.each([
    ['a request of no use', failure('refused')],
    ['too many at once', failure('busy')],
    ['an abort', new DOMException('hung up', 'AbortError')],
  ])('does not hold %s against the vendor', async (_name, error) => {
    const { guard, fails } = guardUnderTest();
    for (let count = 0; count < 5; count++) await fails(error);
    expect(guard.isUsable()).toBe(true);
  });

  it('runs nothing while the vendor rests', async () => {
    const { guard, goesDown } = guardUnderTest();
    await goesDown();
    const work = vi.fn(async () => 'answer');
    await expect(guard.run(work)).rejects.toThrow();
    expect(work).not.toHaveBeenCalled();
  });

  it('opens the way again after a trial that succeeds', async () => {
    const { guard, goesDown, answers, clock, told } = guardUnderTest();
    await goesDown();
    expect(guard.isTrialDue()).toBe(false);
    clock.advanceMs(5000);
    expect(guard.isTrialDue()).toBe(true);
    expect(guard.isUsable()).toBe(false);
    await answers();
    expect(guard.isUsable()).toBe(true);
    expect(told).toEqual(['down: is transient', 'up']);
  });

  it('lets one trial run at a time', async () => {
    const { guard, goesDown, clock } = guardUnderTest();
    await goesDown();
    clock.advanceMs(5000);
    const { promise, resolve } = Promise.withResolvers<string>();
    const trial = guard.run(() => promise);
    expect(guard.isTrialDue()).toBe(false);
    expect(guard.isUsable()).toBe(false);
    resolve('answer');
    await trial;
    expect(guard.isUsable()).toBe(true);
  });

  it('refuses at once what comes while a trial runs, instead of having it wait', async () => {
    const { guard, goesDown, clock } = guardUnderTest();
    await goesDown();
    clock.advanceMs(5000);
    const trial = guard.run(() => new Promise<string>(() => {}));
    trial.catch(() => {});
    const work = vi.fn(async () => 'answer');
    await expect(guard.run(work)).rejects.toThrow();
    expect(work).not.toHaveBeenCalled();
  });

  it.each([
    ['was too much at once', failure('busy')],
    ['was aborted', new DOMException('hung up', 'AbortError')],
  ])('stays down after a trial that %s: it has proved nothing', async (_name, error) => {
    const { guard, goesDown, fails, clock } = guardUnderTest();
    await goesDown();
    clock.advanceMs(5000);
    await fails(error);
    expect(guard.isUsable()).toBe(false);
  });

  it('rests twice as long after each trial that fails, up to a minute', async () => {
    const { guard, goesDown, fails, clock, told } = guardUnderTest();
    await goesDown();
    for (const restMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      clock.advanceMs(restMs - 1);
      expect(guard.isTrialDue()).toBe(false);
      clock.advanceMs(1);
      expect(guard.isTrialDue()).toBe(true);
      await fails(failure('transient'));
    }
    expect(told).toEqual(['down: is transient']);
  });

  it('does not mind the wall clock', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { guard, goesDown, answers, clock } = guardUnderTest();
      await goesDown();
      vi.setSystemTime(Date.now() - 3_600_000);
      clock.advanceMs(5000);
      await answers();
      expect(guard.isUsable()).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
