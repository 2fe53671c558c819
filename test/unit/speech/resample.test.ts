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

  it('hears nothing of what its room held before', () => {
    const room = new Int16Array(20_000);
    room.fill(32_000);
    const long = { samples: toneSamples({ rateHz: 8000, toneMs: 900 }), sampleRateHz: 8000 } as const;
    resample(long, 16000, room);
    const short = { samples: long.samples.subarray(0, 1600), sampleRateHz: 8000 } as const;
    expect(resample(short, 16000, room).samples).toEqual(resample(short, 16000).samples);
    const silence = { samples: new Int16Array(800), sampleRateHz: 8000 } as const;
    expect(resample(silence, 16000, room).samples).toEqual(new Int16Array(1600));
    expect(resample({ ...silence, samples: new Int16Array(0) }, 16000, room).samples).toHaveLength(0);
  });

  it('takes an array of its own where the room is too short', () => {
    const room = new Int16Array(400);
    expect(resample(tone(8000), 16000, room).samples).toEqual(resample(tone(8000), 16000).samples);
    expect(room).toEqual(new Int16Array(400));
  });

  it('makes nothing of nothing', () => {
    expect(resample({ samples: new Int16Array(0), sampleRateHz: 16000 }, 8000).samples).toHaveLength(0);
  });
});
