import { expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../src/audio/g711.ts';

it.each(['mulaw', 'alaw'] as const)('%s comes back from what it became, within a sixteenth', (codec) => {
  const samples = Int16Array.from({ length: 2000 }, (_, at) => (at - 1000) * 32);
  const again = decodeG711(codec, encodeG711(codec, samples));
  expect(again).toHaveLength(2000);
  again.forEach((sample, at) => {
    expect(Math.abs(sample - samples[at]!)).toBeLessThanOrEqual(Math.max(16, Math.abs(samples[at]!) / 16));
  });
});
