import { describe, expect, it } from 'vitest';
import type { CallPlan } from '../../../src/load/call-plan.ts';
import { placeCall } from '../../../src/load/placed-call.ts';
import type { StreamEvent } from '../../../src/load/sender-pool.ts';
import type { LoadWebhook, WebhookReply } from '../../../src/load/webhook-line.ts';
import { readTwiml } from '../../../src/simulator/twiml-document.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const PUBLIC_URL = 'https://bot.example.com';
const CONNECT =
  '<Connect action="/voice/continue/t#rc=5&amp;rp=all"><Stream url="wss://bot.example.com/ws/twilio/token"><Parameter name="a" value="b"/></Stream></Connect>';
const HANGUP = '<Hangup/>';
const PLAN: CallPlan = {
  kind: 'talking',
  to: '+15005550001',
  steps: [{ kind: 'press', digits: '1', thinkMs: 0 }],
  expected: { endedBy: 'server', endReason: 'completed', outcome: 'yes', answers: {} },
};
const CLOSED = { how: 'closed', code: 1000, stepsDone: 1 } as const;

type Ending = Partial<Extract<StreamEvent, { kind: 'ended' }>>;

/** Places a call that gets `documents` one after the other, and whose streams end so. */
function place(documents: readonly (string | null)[], endings: readonly Ending[] = [CLOSED]) {
  const clock = new FakeClock();
  const over = new AbortController();
  const posted: LoadWebhook[] = [];
  const paths: string[] = [];
  const told: string[] = [];
  const waiting = [...documents];
  const streams = [...endings];
  const call = placeCall(PLAN, {
    clock,
    target: { host: '127.0.0.1', port: 8080, publicUrl: PUBLIC_URL, authToken: 'secret', accountSid: 'AC1' },
    webhooks: {
      post: (webhook): Promise<WebhookReply> => {
        posted.push(webhook);
        const text = waiting.shift();
        if (text == null) return Promise.resolve({ ok: false, why: 'ECONNREFUSED' });
        const reading = readTwiml(Buffer.from(`<Response>${text}</Response>`), 'text/xml');
        if (!reading.ok) throw new Error(reading.error.text);
        return Promise.resolve({
          ok: true,
          verbs: reading.verbs,
          url: new URL(webhook.url, PUBLIC_URL).href,
        });
      },
    },
    senders: {
      send: ({ path }, onEvent) => {
        paths.push(path);
        const ending = streams.shift();
        const end = (given: Ending): void =>
          onEvent({
            kind: 'ended',
            id: 1,
            atMs: 0,
            how: 'closed',
            code: 0,
            stepsDone: 0,
            framesSent: 0,
            framesDropped: 0,
            mediaReceived: 1,
            audioMs: 0,
            marks: 0,
            clears: 0,
            detail: '',
            ...given,
          });
        if (ending !== undefined) queueMicrotask(() => end(ending));
        return { hangUp: () => end({ how: 'hung-up' }) };
      },
    },
    over: over.signal,
    told: {
      admitted: () => told.push('admitted'),
      refused: () => told.push('refused'),
      stream: (_plan, { kind }) => told.push(kind),
    },
  });
  return { call, clock, over, paths, posted, told };
}

describe('a placed call', () => {
  it('opens the stream that it is told, and asks what comes after it', async () => {
    const { call, paths, posted, told } = place([CONNECT, HANGUP]);
    expect(await call).toMatchObject({ verdict: 'right', why: '' });
    expect(paths).toEqual(['/ws/twilio/token']);
    expect(posted.map(({ url }) => new URL(url).pathname)).toEqual(['/voice', '/voice/continue/t']);
    expect(posted.map(({ callStatus }) => callStatus)).toEqual(['ringing', 'in-progress']);
    expect(told).toEqual(['admitted', 'ended']);
  });

  it('is refused by TwiML that opens none', async () => {
    const { call, told } = place(['<Say>All lines are busy.</Say><Hangup/>']);
    expect(await call).toMatchObject({ verdict: 'refused' });
    expect(told).toEqual(['refused']);
  });

  it('is refused by a redirect to somebody else, who is not asked', async () => {
    const { call, posted, told } = place(['<Redirect>https://overflow.example.com/voice</Redirect>']);
    expect(await call).toMatchObject({ verdict: 'refused' });
    expect([posted.length, told]).toEqual([1, ['refused']]);
  });

  it.each([
    ['<Redirect>https://:bad</Redirect>', 'a redirect to what is no address: https://:bad'],
    [CONNECT.replace('/voice/continue/t', 'https://:bad/'), /an action that is no address: https/],
  ])('is dropped where it is sent to what is no address: %s', async (document, why) => {
    expect(await place([document]).call).toMatchObject({
      verdict: 'dropped',
      why: typeof why === 'string' ? why : expect.stringMatching(why),
    });
  });

  it('waits and asks again where it is told to', async () => {
    const { call, clock, posted } = place([
      '<Pause length="2"/><Redirect>/voice?waits=1</Redirect>',
      CONNECT,
      HANGUP,
    ]);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    expect(posted).toHaveLength(1);
    clock.advanceMs(2000);
    expect(await call).toMatchObject({ verdict: 'right' });
    expect(posted[1]?.url).toBe(`${PUBLIC_URL}/voice?waits=1`);
  });

  it('is dropped where a webhook fails', async () => {
    expect(await place([null]).call).toMatchObject({ verdict: 'dropped', why: 'webhook: ECONNREFUSED' });
    expect(await place([CONNECT, null]).call).toMatchObject({ verdict: 'dropped' });
  });

  it('is dropped where its stream breaks, though the server would go on with another', async () => {
    const { call, paths } = place([CONNECT, CONNECT], [{ how: 'broken', detail: 'ECONNRESET' }]);
    const { verdict, why } = await call;
    expect(verdict).toBe('dropped');
    expect(why).toContain('broken after 0 steps: ECONNRESET');
    expect(paths).toHaveLength(1);
  });

  it('asks no more once its caller has hung up', async () => {
    const { call, over, posted } = place([CONNECT, HANGUP], []);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    over.abort();
    expect(await call).toMatchObject({ verdict: 'cut' });
    expect(posted).toHaveLength(1);
  });

  it('ends where TwiML leads to itself for ever', async () => {
    const { call } = place(new Array(40).fill('<Redirect>/voice</Redirect>'));
    expect(await call).toMatchObject({ verdict: 'dropped', why: 'too many documents in one call' });
  });
});
