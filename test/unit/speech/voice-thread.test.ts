import { describe, expect, it } from 'vitest';
import type { FromVoice, PromptWanted } from '../../../src/channel/voice-messages.ts';
import { ProviderError } from '../../../src/errors.ts';
import type { MadePrompt } from '../../../src/speech/prompt-chain.ts';
import { VoiceThread } from '../../../src/speech/voice-thread.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { readyPrompt } from '../../support/prompt-fixture.ts';
import { silentLog } from '../../support/silent-log.ts';

const wanted = (key: string, about: { format?: string; isUrgent?: boolean } = {}): PromptWanted => ({
  kind: 'prompt.wanted',
  key,
  format: about.format ?? 'mulaw-8000',
  source: { kind: 'text', text: key, voice: 'slt', language: 'en' },
  isUrgent: about.isUrgent ?? false,
});

const by = (key: string, provider = 'first'): MadePrompt => ({
  prompt: readyPrompt(key),
  provider,
  isStandIn: provider !== 'first',
});

interface Asked {
  readonly key: string;
  readonly isUrgent: boolean;
  readonly signal: AbortSignal;
  readonly gives: (made: MadePrompt) => void;
  readonly fails: (error: unknown) => void;
}

/** `kept`: keys that are on disk. */
function threadUnderTest({ kept = [] as string[], aheadMax = 2 } = {}) {
  const sent: FromVoice[] = [];
  const asked: Asked[] = [];
  const askedAgain: Asked[] = [];
  const clock = new FakeClock();
  const order: string[] = [];
  const ask = (list: Asked[], key: string, isUrgent: boolean, signal: AbortSignal) => {
    order.push(`make ${key}`);
    return new Promise<MadePrompt>((gives, fails) => {
      list.push({ key, isUrgent, signal, gives, fails });
      signal.addEventListener('abort', () => fails(signal.reason));
    });
  };
  const never = new AbortController().signal;
  const voice = new VoiceThread({
    chain: {
      find: async ({ key }) => {
        order.push(`find ${key}`);
        await Promise.resolve();
        return kept.includes(key) ? by(key) : null;
      },
      make: ({ key }, isUrgent, signal) => ask(asked, key, isUrgent, signal),
      makeByFirst: ({ key }) => ask(askedAgain, key, false, never),
    },
    aheadMax,
    send: (message) => void sent.push(message),
    clock,
    log: silentLog,
  });
  const settle = async () => {
    for (let turn = 0; turn < 40; turn++) await Promise.resolve();
  };
  const want = async (...all: PromptWanted[]) => {
    for (const one of all) voice.want(one);
    await settle();
  };
  const give = async (key: string, provider?: string) => {
    asked.findLast((one) => one.key === key)?.gives(by(key, provider));
    await settle();
  };
  const keys = () => asked.map(({ key }) => key);
  return { voice, sent, asked, askedAgain, clock, order, want, give, settle, keys };
}

describe('VoiceThread', () => {
  it('sends a prompt once, however often it is asked for meanwhile, and who spoke it', async () => {
    const { sent, asked, want, give } = threadUnderTest();
    await want(wanted('a'), wanted('a'));
    await give('a');
    expect(asked).toHaveLength(1);
    expect(sent).toMatchObject([
      {
        kind: 'prompt.ready',
        key: 'a',
        format: 'mulaw-8000',
        durationMs: 120,
        provider: 'first',
        isStandIn: false,
      },
    ]);
  });

  it('sends it again to who asks after that', async () => {
    const { keys, want, give } = threadUnderTest();
    await want(wanted('a'));
    await give('a');
    await want(wanted('a'));
    expect(keys()).toEqual(['a', 'a']);
  });

  it('sends what is on disk before it begins to speak', async () => {
    const kept = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const { order, sent, want } = threadUnderTest({ kept });
    await want(wanted('a'), ...kept.map((key) => wanted(key)));
    expect(sent).toHaveLength(9);
    expect(order.slice(0, 10).every((step) => step.startsWith('find'))).toBe(true);
    expect(order.at(-1)).toBe('make a');
  });

  it('makes so many ahead at once, the rest in order', async () => {
    const { keys, want, give } = threadUnderTest();
    await want(...['a', 'b', 'c', 'd'].map((key) => wanted(key)));
    expect(keys()).toEqual(['a', 'b']);
    await give('b');
    expect(keys()).toEqual(['a', 'b', 'c']);
  });

  it('makes what a caller waits for at once, beside and before those made ahead', async () => {
    const { asked, want, give } = threadUnderTest({ aheadMax: 1 });
    await want(wanted('a'), wanted('b'), wanted('now', { isUrgent: true }));
    expect(asked.map(({ key, isUrgent }) => [key, isUrgent])).toEqual([
      ['now', true],
      ['a', false],
    ]);
    await give('now');
    expect(asked).toHaveLength(2);
  });

  it('moves one that waits to the front once a caller waits for it', async () => {
    const { asked, want } = threadUnderTest({ aheadMax: 1 });
    await want(wanted('a'), wanted('b'), wanted('c'));
    await want(wanted('c', { isUrgent: true }));
    expect(asked.map(({ key, isUrgent }) => [key, isUrgent])).toEqual([
      ['a', false],
      ['c', true],
    ]);
  });

  it('begins one anew that is being made ahead, in the time that a caller has', async () => {
    const { asked, sent, want, give } = threadUnderTest();
    await want(wanted('a'));
    await want(wanted('a', { isUrgent: true }));
    expect(asked.map(({ isUrgent, signal }) => [isUrgent, signal.aborted])).toEqual([
      [false, true],
      [true, false],
    ]);
    // Breakers do not take it for the vendor's fault.
    expect(asked[0]?.signal.reason).toMatchObject({ name: 'AbortError' });
    await give('a');
    expect(sent).toMatchObject([{ kind: 'prompt.ready', key: 'a' }]);
  });

  it('says which prompt failed and why, and goes on', async () => {
    const { voice, sent, asked, want, settle } = threadUnderTest();
    await want(wanted('a'), wanted('b', { format: 'opus-48000' }));
    asked[0]?.fails(new TypeError('no voice'));
    await settle();
    expect(sent).toMatchObject([
      { kind: 'prompt.failed', key: 'b', error: { code: 'ERR_INVALID_STATE' } },
      { kind: 'prompt.failed', key: 'a', error: { name: 'TypeError', message: 'no voice' } },
    ]);
    expect(voice.isIdle).toBe(true);
  });

  it('fails what does not fit into its queue', () => {
    const { voice, sent } = threadUnderTest();
    for (let index = 0; index < 4096; index++) voice.want(wanted(String(index)));
    expect(sent).toEqual([]);
    voice.want(wanted('one more'));
    expect(sent).toMatchObject([{ kind: 'prompt.failed', key: 'one more', error: { code: 'ERR_CAPACITY' } }]);
  });
});

describe('a stand-in', () => {
  it('is sent at once, and again by the first vendor once it can', async () => {
    const { sent, askedAgain, clock, want, give, settle } = threadUnderTest();
    await want(wanted('a'));
    await give('a', 'builtin');
    expect(sent).toMatchObject([{ key: 'a', provider: 'builtin', isStandIn: true }]);
    clock.advanceMs(59_999);
    expect(askedAgain).toHaveLength(0);
    clock.advanceMs(1);
    askedAgain[0]?.gives(by('a'));
    await settle();
    expect(sent.slice(1)).toMatchObject([
      { kind: 'prompt.ready', key: 'a', provider: 'first', isStandIn: false },
    ]);
    clock.advanceMs(3_600_000);
    expect([askedAgain.length, clock.pendingTimers()]).toEqual([1, 0]);
  });

  it('costs ever fewer requests while the vendor is away, one at a time', async () => {
    const { askedAgain, clock, want, give, settle } = threadUnderTest();
    await want(wanted('a'), wanted('b'));
    for (const key of ['a', 'b']) await give(key, 'builtin');
    const askedAtMs: number[] = [];
    for (let tenth = 0; tenth < 350; tenth++) {
      clock.advanceMs(10_000);
      if (askedAgain.length > askedAtMs.length) askedAtMs.push(clock.nowMs() / 1000);
      askedAgain.at(-1)?.fails(new ProviderError('down', { provider: 'first', fault: 'transient' }));
      await settle();
    }
    expect(askedAtMs).toEqual([60, 180, 420, 900, 1500, 2100, 2700, 3300]);
    expect(askedAgain.slice(0, 3).map(({ key }) => key)).toEqual(['a', 'b', 'a']);
  });

  it('is followed by the others as soon as one has its successor', async () => {
    const { sent, askedAgain, clock, want, give, settle } = threadUnderTest();
    await want(wanted('a'), wanted('b'));
    for (const key of ['a', 'b']) await give(key, 'builtin');
    clock.advanceMs(60_000);
    for (const index of [0, 1]) {
      askedAgain[index]?.gives(by(askedAgain[index].key));
      await settle();
    }
    expect(sent.slice(2)).toMatchObject([
      { key: 'a', isStandIn: false },
      { key: 'b', isStandIn: false },
    ]);
  });

  it('is replaced at once when the first vendor is known to be back, however long the wait had grown', async () => {
    const { voice, sent, askedAgain, clock, want, give, settle } = threadUnderTest();
    await want(wanted('a'), wanted('b'));
    for (const key of ['a', 'b']) await give(key, 'builtin');
    clock.advanceMs(60_000);
    askedAgain[0]?.fails(new ProviderError('down', { provider: 'first', fault: 'transient' }));
    await settle();
    voice.firstIsBack();
    for (const index of [1, 2]) {
      askedAgain[index]?.gives(by(askedAgain[index].key));
      await settle();
    }
    expect(sent.slice(2)).toMatchObject([
      { key: 'b', isStandIn: false },
      { key: 'a', isStandIn: false },
    ]);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('is asked for once where the vendor comes back by that very asking', async () => {
    const { voice, askedAgain, clock, want, give, settle } = threadUnderTest();
    await want(wanted('a'), wanted('b'));
    for (const key of ['a', 'b']) await give(key, 'builtin');
    clock.advanceMs(60_000);
    voice.firstIsBack();
    await settle();
    expect(askedAgain.map(({ key }) => key)).toEqual(['a']);
  });

  it('stays where the first vendor refuses the text', async () => {
    const { askedAgain, clock, want, give, settle } = threadUnderTest();
    await want(wanted('a'));
    await give('a', 'builtin');
    clock.advanceMs(60_000);
    askedAgain[0]?.fails(new ProviderError('too long', { provider: 'first', fault: 'refused' }));
    await settle();
    clock.advanceMs(3_600_000);
    expect(askedAgain).toHaveLength(1);
  });
});
