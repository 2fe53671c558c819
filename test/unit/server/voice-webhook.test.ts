import { describe, expect, it } from 'vitest';
import type { Answer, Exchange } from '../../../src/server/exchange.ts';
import { VoiceCounts } from '../../../src/server/voice-counts.ts';
import { type VoiceParts, VoiceWebhook } from '../../../src/server/voice-webhook.ts';

const WEBHOOK = {
  callSid: `CA${'a'.repeat(32)}`,
  caller: { accountSid: '', from: '', to: '' },
  errorCode: '',
};

/** What a new caller is told. */
async function told(
  node: { leaving?: 'draining'; slots: 'admitted' | 'full'; hasOthers: boolean; busyRedirectUrl?: string },
  query = '',
): Promise<string> {
  const voice = new VoiceWebhook({
    gate: { admit: async () => WEBHOOK },
    door: {
      url: (_exchange: Exchange, path: string) => `https://bot.example.org${path}`,
      connect: () => ({ body: 'stream' }),
    },
    admission: { request: () => node.slots },
    directory: { claimedAttempt: () => -1 },
    readiness: { isWarm: true, leaving: node.leaving ?? 'no' },
    warmWait: { wait: async () => {} },
    hasOthers: node.hasOthers,
    busy: { busyMessage: 'Nobody <is> here.', busyRedirectUrl: node.busyRedirectUrl ?? null },
    counts: new VoiceCounts(),
  } as unknown as VoiceParts);
  let body = '';
  await voice.answer({ query, answer: (answer: Answer) => (body = answer.body) } as unknown as Exchange);
  return body;
}

describe('a new caller', () => {
  const leaving = { leaving: 'draining', slots: 'admitted' } as const;
  const full = { slots: 'full' } as const;

  it.each([
    ['leaves', leaving],
    ['is full', full],
  ])('whose node %s tries the others twice, then is told', async (_what, node) => {
    const another = /<Pause length="2"\/><Redirect.*https:\/\/bot\.example\.org\/voice\?waits=/;
    expect(await told({ ...node, hasOthers: true })).toMatch(another);
    expect(await told({ ...node, hasOthers: true }, 'waits=1')).toMatch(another);
    expect(await told({ ...node, hasOthers: true }, 'waits=2')).toMatch(/<Say.*<Hangup\/>/);
  });

  it('is told at once where there is but one node', async () => {
    for (const node of [leaving, full])
      expect(await told({ ...node, hasOthers: false })).toMatch(/<Say.*<Hangup\/>/);
  });

  it('hears the configured words where it is full, and others where the node leaves', async () => {
    expect(await told({ ...full, hasOthers: false })).toContain('>Nobody &lt;is&gt; here.</Say><Hangup/>');
    expect(await told({ ...leaving, hasOthers: false })).not.toContain('Nobody');
  });

  it('is sent elsewhere in place of the words where that is configured, after other nodes were tried', async () => {
    const busy = { ...full, busyRedirectUrl: 'https://example.org/queue?a=1&b=2' };
    const redirect = '<Redirect method="POST">https://example.org/queue?a=1&amp;b=2</Redirect></Response>';
    expect(await told({ ...busy, hasOthers: false })).toContain(`<Response>${redirect}`);
    expect(await told({ ...busy, hasOthers: true })).not.toContain('example.org/queue');
    expect(await told({ ...busy, hasOthers: true }, 'waits=2')).toContain(`<Response>${redirect}`);
    expect(await told({ ...leaving, busyRedirectUrl: busy.busyRedirectUrl, hasOthers: false })).toMatch(
      /<Say/,
    );
  });

  it('is connected where there is room', async () => {
    expect(await told({ slots: 'admitted', hasOthers: true })).toBe('stream');
  });
});
