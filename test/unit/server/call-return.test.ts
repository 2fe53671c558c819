import { describe, expect, it } from 'vitest';
import type { Transfer } from '../../../src/channel/messages.ts';
import { CallReturn } from '../../../src/server/call-return.ts';
import type { Answer, Exchange } from '../../../src/server/exchange.ts';
import { NextOfCall } from '../../../src/server/next-of-call.ts';
import type { CallRecord } from '../../../src/store/call-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CALL = `CA${'a'.repeat(32)}`;
const WEBHOOK = {
  callSid: CALL,
  caller: { accountSid: '', from: '', to: '' },
  errorCode: '',
  callStatus: '',
  answeredBy: '',
  dialStatus: '',
};

/** A node that is asked about a call; `records`: what its store says each time. */
function nodeUnderTest(
  records: readonly (Partial<CallRecord> | null | Error)[],
  claimedAttempt = -1,
  slots = 'admitted',
) {
  const clock = new FakeClock();
  const answers = [...records];
  let reads = 0;
  const steps: string[] = [];
  const readiness = { isWarm: true, leaving: 'no' } as const;
  const directory = {
    claimedAttempt: () => claimedAttempt,
    isLive: () => false,
    lastEnd: () => null,
  } as never;
  const store = {
    engine: 'postgres',
    load: async () => {
      reads += 1;
      steps.push('read');
      const record = answers.length > 1 ? answers.shift() : answers[0];
      if (record instanceof Error) throw record;
      return record;
    },
    finish: async (_callSid: string, attempt: number, reason: string) => steps.push(`${attempt} ${reason}`),
  } as never;
  const returns = new CallReturn({
    next: new NextOfCall({ directory, store, clock }),
    store,
    readiness,
    warmWait: { wait: async () => {} } as never,
    asked: () => steps.push('asked'),
    answered: () => steps.push('answered'),
    admission: { renew: () => {}, request: () => slots } as never,
    door: {
      url: (_exchange: Exchange, path: string) => `https://bot.example.org${path}`,
      connect: (_exchange: Exchange, _webhook: unknown, attempt: number) => ({ body: `stream ${attempt}` }),
      transfer: (_exchange: Exchange, _callSid: string, _attempt: number, { to }: Transfer) => ({
        body: `<Number>${to}</Number>`,
      }),
    } as never,
  });
  const ask = async (query = '') => {
    let body = '';
    const exchange = {
      query,
      answer: (answer: Answer) => {
        body = answer.body;
        steps.push('told');
      },
    } as unknown as Exchange;
    const answered = returns.answer(exchange, WEBHOOK, 0, '/voice/continue/token');
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    clock.advanceMs(150);
    await answered;
    return body;
  };
  return { ask, reads: () => reads, steps };
}

const open: Partial<CallRecord> = {
  attempt: 0,
  endReason: null,
  outcome: null,
  transfer: null,
  transferStatus: null,
};

describe('the answer for a call whose stream was on another node', () => {
  it('takes it up where that node is gone', async () => {
    const { ask, reads } = nodeUnderTest([open]);
    expect(await ask()).toBe('stream 1');
    expect(reads()).toBe(2);
  });

  it('waits a moment for the end that the node is about to write', async () => {
    const { ask } = nodeUnderTest([open, { ...open, endReason: 'hung up' }]);
    expect(await ask()).toContain('<Hangup/>');
  });

  it('puts the caller through to whom the record says', async () => {
    const transfer = {
      ...open,
      outcome: 'operator',
      transfer: { to: '+12025550123', whisper: '', ringSeconds: 20 },
    };
    const { ask, reads, steps } = nodeUnderTest([transfer]);
    expect(await ask()).toContain('<Number>+12025550123</Number>');
    expect(reads()).toBe(1);
    // Its node has died: nobody may take it for a call that is on.
    expect(steps).toContain('0 transferred');
  });

  it('has the caller wait while the store does not answer, and never begins the call anew', async () => {
    const { ask } = nodeUnderTest([new Error('gone'), open]);
    expect(await ask()).toMatch(/<Pause length="2"\/><Redirect.*token\?waits=1</);
    expect(await ask('waits=1')).toBe('stream 1');
    const away = nodeUnderTest([new Error('gone')]);
    expect(await away.ask('waits=5')).toMatch(/^<\?xml.*<Say.*<Hangup\/>/s);
  });

  it('tries the others where this one is full and the stream has reached none', async () => {
    const full = nodeUnderTest([null], -1, 'full');
    expect(await full.ask()).toMatch(/<Pause length="2"\/><Redirect.*token\?waits=1</);
    expect(await full.ask('waits=2')).toMatch(/<Say.*<Hangup\/>/);
    expect(await nodeUnderTest([open], -1, 'full').ask()).toBe('stream 1');
  });

  it('is open until the carrier has been told: whoever leaves waits for that', async () => {
    const { ask, steps } = nodeUnderTest([open]);
    await ask();
    expect(steps).toEqual(['asked', 'read', 'read', 'told', 'answered']);
  });

  it('needs neither for a stream that was its own', async () => {
    const { ask, reads } = nodeUnderTest([open], 0);
    expect(await ask()).toBe('stream 1');
    expect(reads()).toBe(1);
    expect(await nodeUnderTest([new Error('gone')], 0).ask()).toBe('stream 1');
  });
});
