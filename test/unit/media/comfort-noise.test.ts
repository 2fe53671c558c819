import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { decodeG711 } from '../../../src/audio/g711.ts';
import { comfortNoise } from '../../../src/media/comfort-noise.ts';

function levelDbfs(samples: Int16Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(power / 32_768 ** 2);
}

describe('comfort noise', () => {
  it.each([-60, -50, -40])('is as loud as asked on a telephone: %i dBFS', (wantedDbfs) => {
    const noise = comfortNoise(TELEPHONE_FORMAT, 240, wantedDbfs);
    expect(noise).toHaveLength(1920);
    expect(Math.abs(levelDbfs(decodeG711('mulaw', noise)) - wantedDbfs)).toBeLessThan(1);
  });

  it('has two bytes a sample in PCM', () => {
    const noise = comfortNoise({ codec: 'pcm16', sampleRateHz: 16_000, channels: 1 }, 240, -45);
    expect(noise).toHaveLength(7680);
    expect(Math.abs(levelDbfs(new Int16Array(noise.buffer)) + 45)).toBeLessThan(1);
  });

  it('is silence where the line is silent, and never as loud as a voice', () => {
    const silent = decodeG711('mulaw', comfortNoise(TELEPHONE_FORMAT, 240, -100));
    expect(silent.every((sample) => sample === 0)).toBe(true);
    expect(levelDbfs(decodeG711('mulaw', comfortNoise(TELEPHONE_FORMAT, 240, -5)))).toBeLessThan(-29);
  });
});
