import { describe, expect, it } from 'vitest';
import type { OpenAiSettings } from '../../../../src/channel/speech-settings.ts';
import { systemClock } from '../../../../src/clock.ts';
import { OPENAI_FAULTS } from '../../../../src/simulator/vendors/openai-reply.ts';
import { checkOpenAi } from '../../../../src/speech/openai/check-openai.ts';
import type { OpenAiUse } from '../../../../src/speech/openai/model-use.ts';
import { openAiRig, openAiSettings, type RigOptions } from '../../../support/openai-rig.ts';

/** A busy machine may take its time; nothing waits for it. */
const PATIENT = { timeout: 4000 };

const ALL: readonly OpenAiUse[] = ['transcription', 'live', 'speech', 'understanding'];
const { signal } = new AbortController();

async function check(
  options: RigOptions = {},
  changes: Partial<OpenAiSettings> = {},
  uses: readonly OpenAiUse[] = ALL,
) {
  const { vendor, settings } = await openAiRig(options);
  const asked = { ...settings, understandingModel: 'gpt-5-mini', ...changes };
  const found = await checkOpenAi(asked, uses, systemClock, signal);
  return { vendor, found };
}

describe('the check of a self-hosted server', () => {
  it('says once that it answers', async () => {
    const { vendor, found } = await check();
    const text = expect.stringMatching(/^The server at 127\.0\.0\.1:\d+ \(OPENAI_BASE_URL\) answers\.$/);
    expect(found).toContainEqual({ kind: 'vendor.checked', provider: 'openai', level: 'ok', text });
    // And that its model that speaks has an end, as it says itself.
    expect(found.map(({ level }) => level).sort()).toEqual(['ok', 'warning']);
    expect(vendor.server.requestsAccepted).toBe(4);
    await expect.poll(() => vendor.server.openSockets, PATIENT).toBe(0);
  });

  it('names the setting of a model that it has not', async () => {
    const { found } = await check({}, { transcribeModel: 'Systran/faster-whisper-small' }, ['transcription']);
    expect(found).toEqual([expect.objectContaining({ level: 'error' })]);
    expect(found[0]?.text).toMatch(/has no model Systran\/faster-whisper-small \(OPENAI_TRANSCRIBE_MODEL\)/);
  });

  it('asks once for a model that serves two uses, and for none that is not used', async () => {
    const { vendor } = await check({}, { liveModel: 'gpt-transcribe' }, ['transcription', 'live']);
    expect(vendor.server.requestsAccepted).toBe(1);
    expect((await check({}, {}, [])).found).toEqual([]);
    expect((await check({}, { understandingModel: null }, ['understanding'])).found).toEqual([]);
  });

  it('names a refused key once, with its cure', async () => {
    const { found } = await check({}, { apiKey: 'sk-wrong' });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ level: 'error' });
    expect(found[0]?.text).toMatch(/refuses the key \(status 401\): correct OPENAI_API_KEY\.$/);
    expect(found[0]?.text).not.toContain('sk-wrong');
  });

  it.each([
    ['serverError', /could not be asked .*500/],
    ['htmlWithSuccess', /could not be asked/],
    ['insufficientQuota', /no quota left/],
  ] as const)('makes %s one sentence', async (name, text) => {
    const { found } = await check({ fault: () => OPENAI_FAULTS[name] });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ level: 'error', text: expect.stringMatching(text) });
  });

  it('names an address at which nobody is', async () => {
    const { vendor } = await openAiRig();
    const { baseUrl } = vendor;
    await vendor.close();
    const found = await checkOpenAi(openAiSettings({ baseUrl }), ALL, systemClock, signal);
    expect(found).toHaveLength(1);
    expect(found[0]?.text).toMatch(
      /could not be asked .*ECONNREFUSED.*: check OPENAI_BASE_URL and that it runs\.$/,
    );
  });

  it("ends with the signal's reason", async () => {
    const { vendor, settings } = await openAiRig({ fault: () => OPENAI_FAULTS.hangBeforeHeaders });
    const abort = new AbortController();
    const reason = new Error('too long');
    const found = checkOpenAi(settings, ALL, systemClock, abort.signal);
    await expect.poll(() => vendor.server.requestsAccepted, PATIENT).toBe(3);
    abort.abort(reason);
    await expect(found).rejects.toBe(reason);
    await vendor.server.noSockets();
  });
});
