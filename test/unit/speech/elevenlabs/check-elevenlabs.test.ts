import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import { htmlReply, jsonReply } from '../../../../src/simulator/vendors/vendor-fault.ts';
import { checkElevenLabs } from '../../../../src/speech/elevenlabs/check-elevenlabs.ts';
import { ELEVENLABS_KEY, elevenLabsSettings, elevenLabsVendor } from '../../../support/elevenlabs-rig.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const never = new AbortController().signal;
type Options = Parameters<typeof elevenLabsVendor>[0];

async function checked(options: Options, environment: Record<string, string> = {}) {
  const vendor = await elevenLabsVendor(options);
  const findings = await checkElevenLabs(elevenLabsSettings(vendor.origin, environment), never, systemClock);
  for (const { text } of findings) expect(text).not.toContain(ELEVENLABS_KEY);
  return { vendor, findings };
}

describe('checkElevenLabs', () => {
  it.each<[string, Options, Record<string, string>, 'ok' | 'warning' | 'error', RegExp]>([
    ['all is well', {}, {}, 'ok', /accepts the key and has the voice JBFq/],
    [
      'the key is refused',
      { apiKey: 'another' },
      {},
      'error',
      /refuses the key \(invalid_api_key\): set ELEVENLABS_API_KEY/,
    ],
    ['the voice is unknown', { voiceIds: [] }, {}, 'error', /no voice JBFq.*: set ELEVENLABS_VOICE_ID/],
    [
      'the key may not look at voices',
      { permissions: ['text_to_speech'] },
      {},
      'ok',
      /knows the key; it may not read voices/,
    ],
    [
      'the format does not exist',
      {},
      { ELEVENLABS_OUTPUT_FORMAT: 'pcm_12345' },
      'error',
      /set ELEVENLABS_OUTPUT_FORMAT/,
    ],
    ['it is down', { faults: [{ kind: 'reply', reply: htmlReply(502) }] }, {}, 'warning', /status 502/],
    [
      'something else answers',
      { faults: [{ kind: 'reply', reply: jsonReply(200, {}) }] },
      {},
      'warning',
      /something else/,
    ],
    [
      'the connection breaks',
      { faults: [{ kind: 'reset', after: 'request' }] },
      {},
      'warning',
      /cannot be reached \(ECONNRESET\)/,
    ],
  ])('says in one sentence that %s, and what to do', async (_what, options, environment, level, text) => {
    const { findings } = await checked(options, environment);
    expect(findings).toEqual([
      { kind: 'vendor.checked', provider: 'elevenlabs', level, text: expect.stringMatching(text) },
    ]);
  });

  it('gives up after 5 s on one that does not answer', async () => {
    const clock = new FakeClock();
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const vendor = await elevenLabsVendor({
      fault: () => {
        isAsked();
        return { kind: 'hang', after: 'headers' };
      },
    });
    const findings = checkElevenLabs(elevenLabsSettings(vendor.origin), never, clock);
    await asked;
    clock.advanceMs(5000);
    expect(await findings).toMatchObject([
      { level: 'warning', text: expect.stringContaining('no answer in 5 s') },
    ]);
    await vendor.server.noSockets();
  });

  it('spends no characters', async () => {
    const { vendor } = await checked({});
    expect(vendor.spoken).toEqual([]);
  });
});
