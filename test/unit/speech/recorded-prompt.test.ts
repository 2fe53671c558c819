import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { writeWav } from '../../../src/audio/wav.ts';
import { recordedPrompt } from '../../../src/speech/recorded-prompt.ts';
import { toneSamples } from '../../support/prompt-fixture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('recordedPrompt', () => {
  it('plays a recording as it is, silence and all', () => {
    const path = join(temporaryFolder(), 'hello.wav');
    const samples = toneSamples({ rateHz: 22_050, silenceMs: 200, toneMs: 200 });
    writeFileSync(path, writeWav({ samples, sampleRateHz: 22_050 }));
    const prompt = recordedPrompt('key', path, TELEPHONE_FORMAT);
    expect(prompt.durationMs).toBe(600);
    expect(prompt.levels[5]).toBeLessThan(30);
    expect(prompt.levels[15]).toBeGreaterThan(80);
  });

  it('names a recording that cannot be played', () => {
    const path = join(temporaryFolder(), 'hello.wav');
    writeFileSync(path, 'ID3 this is an MP3');
    expect(() => recordedPrompt('key', path, TELEPHONE_FORMAT)).toThrow(/^Expected a WAV file .*hello\.wav/);
  });
});
