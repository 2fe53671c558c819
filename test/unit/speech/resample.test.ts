import { describe, expect, it } from 'vitest';
import { SAMPLE_RATES_HZ, type SampleRateHz } from '../../../src/audio/audio-format.ts';
import { levelDbfs } from '../../../src/audio/level.ts';
import { resample } from '../../../src/speech/resample.ts';
import { toneSamples } from '../../support/prompt-fixture.ts';

const tone = (rateHz: SampleRateHz) => ({
  samples: toneSamples({ rateHz, toneMs: 400 }),
  sampleRateHz: rateHz,
});

describe('resample', () => {
  it('gives the very same audio at the same rate', () => {
    const audio = tone(16000);
    expect(resample(audio, 16000)).toBe(audio);
  });

  it.each(SAMPLE_RATES_HZ.filter((rateHz) => rateHz !== 8000))(
    'brings %i Hz to 8000 Hz in time and level',
    (rateHz) => {
      const heard = resample(tone(rateHz), 8000).samples;
      const expected = tone(8000).samples;
      expect(heard).toHaveLength(Math.round((tone(rateHz).samples.length * 8000) / rateHz));
      const error = expected.map((sample, index) => sample - (heard[index] ?? 0)).subarray(400, -400);
      expect(levelDbfs(error) - levelDbfs(expected)).toBeLessThan(-40);
    },
  );

  it('makes nothing of nothing', () => {
    expect(resample({ samples: new Int16Array(0), sampleRateHz: 16000 }, 8000).samples).toHaveLength(0);
  });
});
