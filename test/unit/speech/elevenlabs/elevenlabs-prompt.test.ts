import { describe, expect, it, vi } from 'vitest';
import { type AudioFormat, TELEPHONE_FORMAT } from '../../../../src/audio/audio-format.ts';
import { systemClock } from '../../../../src/clock.ts';
import type { VendorFault } from '../../../../src/simulator/vendors/vendor-fault.ts';
import { ElevenLabsSynthesizer } from '../../../../src/speech/elevenlabs/elevenlabs-synthesizer.ts';
import { PromptMaker } from '../../../../src/speech/prompt-maker.ts';
import { spokenBy } from '../../../../src/speech/spoken.ts';
import { elevenLabsSettings, elevenLabsVendor } from '../../../support/elevenlabs-rig.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { PCM_16K } from '../../../support/prompt-fixture.ts';

const LIMITS = { deadlineMs: 20_000, stallMs: 2000 };
/** 40 characters: the stand-in speaks for 2 s. */
const SOURCE = {
  kind: 'text',
  text: 'Would you like to take part, do you say?',
  voice: 'slt',
  language: 'en',
} as const;

/** One exchange, with the deadlines of a clock that stands still, over real HTTP. */
async function exchange(faults: readonly VendorFault[], format: AudioFormat = TELEPHONE_FORMAT) {
  const vendor = await elevenLabsVendor({ faults });
  const clock = new FakeClock();
  const synthesizer = new ElevenLabsSynthesizer(elevenLabsSettings(vendor.origin), systemClock);
  const never = new AbortController().signal;
  const made = new PromptMaker(synthesizer, clock).make(
    'key',
    spokenBy(synthesizer, SOURCE),
    format,
    LIMITS,
    never,
  );
  made.catch(() => {});
  return { vendor, clock, made };
}

describe('a prompt by ElevenLabs', () => {
  it.each([
    ['mu-law', TELEPHONE_FORMAT],
    ['PCM', PCM_16K],
  ])('is as long as the speech that came, whose chunks split samples: %s', async (_name, format) => {
    const { made } = await exchange([], format);
    expect(await made).toMatchObject({ durationMs: 2040, format });
  });

  it('is given up where the body stalls, and the connection with it', async () => {
    const { vendor, clock, made } = await exchange([{ kind: 'hang', after: 'half-body' }]);
    // The deadline's timer, and since the headers came the one for a stall.
    await vi.waitFor(() => expect(clock.pendingTimers()).toBe(2));
    await vi.waitFor(() => {
      clock.advanceMs(2000);
      expect(clock.pendingTimers()).toBe(0);
    });
    await expect(made).rejects.toMatchObject({ code: 'ERR_DEADLINE' });
    await vendor.server.noSockets();
  });

  it('is given up at 120 s of speech without end, and the connection with it', async () => {
    const { vendor, made } = await exchange([{ kind: 'endless' }]);
    await expect(made).rejects.toMatchObject({ code: 'ERR_CAPACITY' });
    await vendor.server.noSockets();
  });

  it('is refused for half a sample', async () => {
    const { made } = await exchange([{ kind: 'odd' }], PCM_16K);
    await expect(made).rejects.toMatchObject({
      fault: 'unusable',
      message: expect.stringContaining('half a sample'),
    });
  });

  it('is refused for a body that is shorter than it was said to be', async () => {
    const { made } = await exchange([{ kind: 'reset', after: 'half-body' }]);
    await expect(made).rejects.toMatchObject({ fault: 'transient' });
  });

  it('is as much as came, where nothing shows that there was more', async () => {
    const { made } = await exchange([{ kind: 'cut', keepRatio: 0.5 }]);
    expect(await made).toMatchObject({ durationMs: 1020 });
  });
});
