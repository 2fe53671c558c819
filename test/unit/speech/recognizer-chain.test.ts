import { describe, expect, it } from 'vitest';
import type { PcmAudio } from '../../../src/audio/audio-format.ts';
import { ProviderError, type ProviderFault } from '../../../src/errors.ts';
import type { Recognizer } from '../../../src/speech/recognizer.ts';
import { RecognizerChain } from '../../../src/speech/recognizer-chain.ts';
import { VendorGuard } from '../../../src/speech/resilience/vendor-guard.ts';
import { VendorTally } from '../../../src/speech/resilience/vendor-tally.ts';
import { TurnSlots } from '../../../src/speech/turn-slots.ts';
import { settle } from '../../support/call-under-test.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const YES_NO = { kind: 'yes-no', language: 'en', keywords: ['yes', 'no'] } as const;
const AUDIO: PcmAudio = { samples: new Int16Array(800), sampleRateHz: 8000 };

const failure = (fault: ProviderFault, retryAfterMs?: number) =>
  new ProviderError(`is ${fault}`, {
    provider: 'vendor',
    fault,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

/** Answers each request with the next outcome: a text, a failure, or nothing (it hangs). */
class ScriptedRecognizer implements Recognizer {
  readonly provider: string;
  readonly isLive: boolean;
  readonly heard: number[] = [];
  readonly signals: AbortSignal[] = [];
  #outcomes: (string | Error | null)[];

  constructor(provider: string, outcomes: (string | Error | null)[], isLive = false) {
    this.provider = provider;
    this.#outcomes = outcomes;
    this.isLive = isLive;
  }

  get requests(): number {
    return this.heard.length;
  }

  open(_expectation: unknown, signal: AbortSignal) {
    const at = this.heard.push(0) - 1;
    this.signals.push(signal);
    return {
      push: (audio: PcmAudio) => {
        this.heard[at]! += audio.samples.length;
      },
      end: async () => {
        const outcome = this.#outcomes.shift();
        if (outcome instanceof Error) throw outcome;
        if (outcome === null || outcome === undefined) return new Promise<never>(() => {});
        return { text: outcome, confidence: null, provider: this.provider };
      },
    };
  }
}

function chainUnderTest(...links: ScriptedRecognizer[]) {
  const clock = new FakeClock();
  const tally = new VendorTally();
  const guards = links.map(() => new VendorGuard({ clock, onChange: () => {} }));
  const chain = new RecognizerChain({
    links: links.map((recognizer, index) => ({
      recognizer,
      // The last one stands for the built-in one.
      guard: index === links.length - 1 && links.length > 1 ? null : guards[index]!,
    })),
    clock,
    apiDeadlineMs: 4000,
    turnDeadlineMs: 10_000,
    tally,
  });
  const abort = new AbortController();
  const begin = () => {
    const recognition = chain.open(YES_NO, abort.signal);
    recognition.push(AUDIO);
    const outcome = recognition.end().then(
      ({ text, provider }) => `${provider}: ${text}`,
      (thrown: unknown) => (thrown as Error).message,
    );
    return { recognition, outcome };
  };
  return {
    clock,
    tally,
    chain,
    guards,
    abort,
    ask: () => begin().outcome,
    /** How the vendor's first caller would be served after so many failing ones. */
    askTimes: async (count: number) => {
      for (let at = 0; at < count; at++) await begin().outcome;
    },
    counts: () => Object.fromEntries(tally.take().map((c) => [`${c.provider} ${c.outcome}`, c.requests])),
  };
}

describe('a chain of recognizers', () => {
  it('is the first one, as long as that one answers', async () => {
    const vendor = new ScriptedRecognizer('vendor', ['yes', '']);
    const { ask } = chainUnderTest(vendor, new ScriptedRecognizer('builtin', []));
    expect(await ask()).toBe('vendor: yes');
    // Also when it understood nothing.
    expect(await ask()).toBe('vendor: ');
  });

  it.each<[string, Error]>([
    ['a rate limit without a time', failure('transient')],
    ['a rate limit of one second', failure('transient', 1000)],
    ['no room for another request', failure('busy')],
  ])('asks the same vendor once more after %s', async (_name, error) => {
    const vendor = new ScriptedRecognizer('vendor', [error, 'no']);
    const { ask, clock } = chainUnderTest(vendor, new ScriptedRecognizer('builtin', ['yes']));
    const answer = ask();
    await settle();
    clock.advanceMs(1000);
    expect(await answer).toBe('vendor: no');
  });

  it.each<[string, Error]>([
    ['it asks for ten minutes', failure('transient', 600_000)],
    ['its key is refused', failure('denied')],
    ['it answers nonsense', failure('unusable')],
    ['it refuses the request', failure('refused')],
  ])('goes on to the next at once where %s', async (_name, error) => {
    const vendor = new ScriptedRecognizer('vendor', [error, 'no']);
    const { ask } = chainUnderTest(vendor, new ScriptedRecognizer('builtin', ['yes']));
    expect(await ask()).toBe('builtin: yes');
    expect(vendor.requests).toBe(1);
  });

  it('goes on to the next after the deadline of one exchange, and aborts it', async () => {
    const vendor = new ScriptedRecognizer('vendor', [null]);
    const { ask, clock, counts } = chainUnderTest(vendor, new ScriptedRecognizer('builtin', ['yes']));
    const answer = ask();
    await settle();
    clock.advanceMs(4000);
    expect(await answer).toBe('builtin: yes');
    expect(vendor.signals[0]?.aborted).toBe(true);
    expect(counts()).toEqual({ 'vendor late': 1, 'builtin ok': 1 });
  });

  it('fails with the first failure where the last resort understands nothing, so that keys are offered', async () => {
    const { ask } = chainUnderTest(
      new ScriptedRecognizer('vendor', [failure('denied')]),
      new ScriptedRecognizer('builtin', ['']),
    );
    expect(await ask()).toBe('is denied');
  });

  it('asks the last link, in the thread itself, also when the vendors used the turn up', async () => {
    const vendors = ['a', 'b', 'c', 'd'].map((name) => new ScriptedRecognizer(name, [null]));
    const { ask, clock } = chainUnderTest(...vendors);
    const answer = ask();
    for (let seconds = 0; seconds < 11; seconds++) {
      await settle();
      clock.advanceMs(1000);
    }
    expect(await answer).toMatch(/within 4000 ms/);
    expect(vendors.map(({ requests }) => requests)).toEqual([1, 1, 1, 1]);
  });

  it('costs the next caller nothing once a vendor is known to be down', async () => {
    const vendor = new ScriptedRecognizer('vendor', [
      failure('unusable'),
      failure('unusable'),
      failure('unusable'),
    ]);
    const builtin = new ScriptedRecognizer(
      'builtin',
      Array.from({ length: 10 }, () => 'yes'),
    );
    const { ask, askTimes, counts } = chainUnderTest(vendor, builtin);
    await askTimes(9);
    expect(vendor.requests).toBe(3);
    expect(await ask()).toBe('builtin: yes');
    expect(counts()).toEqual({ 'vendor failed': 3, 'vendor skipped': 7, 'builtin ok': 10 });
  });

  it('offers keys where the only one that could understand is down', async () => {
    const vendor = new ScriptedRecognizer('vendor', [failure('denied')]);
    const { ask, askTimes } = chainUnderTest(vendor, new ScriptedRecognizer('builtin', ['', '']));
    await askTimes(1);
    expect(await ask()).toMatch(/Expected vendor to be up/);
  });

  it('tries a vendor that has rested on the side: nobody waits for it', async () => {
    const vendor = new ScriptedRecognizer('vendor', [failure('denied'), null, 'no']);
    const builtin = new ScriptedRecognizer('builtin', ['yes', 'yes', 'yes']);
    const { ask, askTimes, clock, guards } = chainUnderTest(vendor, builtin);
    await askTimes(1);
    clock.advanceMs(60_000);
    // It hangs, and this caller does not notice.
    expect(await ask()).toBe('builtin: yes');
    expect(vendor.heard).toEqual([800, 800]);
    clock.advanceMs(4000);
    await settle();
    clock.advanceMs(120_000);
    expect(await ask()).toBe('builtin: yes');
    await settle();
    expect(guards[0]!.isUsable()).toBe(true);
  });

  it('rejects with the reason of its signal, also between two tries', async () => {
    const vendor = new ScriptedRecognizer('vendor', [failure('transient'), 'no']);
    const { ask, abort, clock } = chainUnderTest(vendor, new ScriptedRecognizer('builtin', ['yes']));
    const answer = ask();
    await settle();
    abort.abort(new Error('hung up'));
    expect(await answer).toBe('hung up');
    expect(clock.pendingTimers()).toBe(0);
    expect(vendor.requests).toBe(1);
  });

  it('lets a live recognizer hear the pieces as they come', async () => {
    const live = new ScriptedRecognizer('live', ['yes'], true);
    const { chain, abort } = chainUnderTest(live, new ScriptedRecognizer('builtin', []));
    expect(chain.isLive).toBe(true);
    const recognition = chain.open(YES_NO, abort.signal);
    recognition.push(AUDIO);
    expect(live.heard).toEqual([800]);
    recognition.push(AUDIO);
    expect(live.heard).toEqual([1600]);
    expect((await recognition.end()).text).toBe('yes');
  });

  it('gives the next one the whole utterance where a live one fails at its end', async () => {
    const live = new ScriptedRecognizer('live', [failure('unusable')], true);
    const file = new ScriptedRecognizer('file', ['yes']);
    const { ask } = chainUnderTest(live, file, new ScriptedRecognizer('builtin', []));
    expect(await ask()).toBe('file: yes');
    expect(file.heard).toEqual([800]);
  });

  it('is as live as the one that would be asked now', async () => {
    const live = new ScriptedRecognizer('live', [failure('denied')], true);
    const { chain, askTimes } = chainUnderTest(live, new ScriptedRecognizer('builtin', ['yes']));
    await askTimes(1);
    expect(chain.isLive).toBe(false);
  });

  it('lets go of a live recognition whose vendor went down while the caller spoke', async () => {
    const live = new ScriptedRecognizer('live', [null, failure('denied')], true);
    const { chain, abort, guards } = chainUnderTest(live, new ScriptedRecognizer('builtin', ['yes']));
    const recognition = chain.open(YES_NO, abort.signal);
    recognition.push(AUDIO);
    await guards[0]!.run(() => Promise.reject(failure('denied'))).catch(() => {});
    expect((await recognition.end()).provider).toBe('builtin');
    expect(live.signals[0]?.aborted).toBe(true);
  });
});

describe('a chain whose first recognizer takes one utterance at a time', () => {
  /** Two calls of one worker. */
  function crowdedUnderTest(vendor: ScriptedRecognizer, waitingMax: number, ...others: ScriptedRecognizer[]) {
    const clock = new FakeClock();
    const slots = new TurnSlots({ clock, provider: 'vendor', places: 1, waitingMax, isBlocking: false });
    const guard = new VendorGuard({ clock, onChange: () => {} });
    const tally = new VendorTally();
    const links = [
      { recognizer: vendor, guard, slots },
      ...others.map((recognizer) => ({ recognizer, guard: null })),
    ];
    const chain = new RecognizerChain({ links, clock, apiDeadlineMs: 4000, turnDeadlineMs: 10_000, tally });
    const ask = (callId: number) => {
      const recognition = chain.forCall(callId).open(YES_NO, new AbortController().signal);
      recognition.push(AUDIO);
      const outcome = recognition.end().then(
        ({ text, provider }) => `${provider}: ${text}`,
        ({ code }: { code: string }) => code,
      );
      return { outcome, recognition };
    };
    return { ask, clock, guard, slots, tally };
  }

  it('goes by the next one at once where too many wait, and holds nothing against the vendor', async () => {
    const vendor = new ScriptedRecognizer('vendor', [null]);
    const { ask, guard, tally } = crowdedUnderTest(vendor, 0, new ScriptedRecognizer('builtin', ['no']));
    ask(1);
    await settle();
    const { outcome, recognition } = ask(2);
    expect(await outcome).toBe('builtin: no');
    expect(recognition.tries).toMatchObject([
      { provider: 'vendor', outcome: 'skipped', error: { code: 'ERR_CAPACITY' } },
      { provider: 'builtin', outcome: 'ok' },
    ]);
    for (let asked = 0; asked < 9; asked++) ask(3);
    await settle();
    expect([guard.isUsable(), vendor.requests]).toEqual([true, 1]);
    expect(tally.take()).toContainEqual(
      expect.objectContaining({ provider: 'vendor', outcome: 'skipped', requests: 10 }),
    );
  });

  it('fails after 2 s, so that the keypad is offered, where no other hears', async () => {
    const vendor = new ScriptedRecognizer('vendor', [null]);
    const { ask, clock } = crowdedUnderTest(vendor, 9);
    ask(1);
    const { outcome } = ask(2);
    await settle();
    clock.advanceMs(2000);
    expect(await outcome).toBe('ERR_CAPACITY');
    expect(vendor.requests).toBe(1);
  });

  it('gives the vendor its whole deadline from when a place is free', async () => {
    const vendor = new ScriptedRecognizer('vendor', [null, null]);
    const { ask, clock } = crowdedUnderTest(vendor, 9);
    const first = ask(1);
    await settle();
    clock.advanceMs(2500);
    const second = ask(2);
    let isOver = false;
    void second.outcome.then(() => {
      isOver = true;
    });
    clock.advanceMs(1500);
    expect(await first.outcome).toBe('ERR_DEADLINE');
    await settle();
    clock.advanceMs(3999);
    await settle();
    expect([vendor.requests, isOver]).toEqual([2, false]);
    clock.advanceMs(1);
    expect(await second.outcome).toBe('ERR_DEADLINE');
    expect(second.recognition.tries).toMatchObject([{ outcome: 'late', durationMs: 4000 }]);
  });
});
