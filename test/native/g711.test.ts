import { describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';

/**
 * The reference, written from the recommendation's tables and not from our code: decoding by the formula for segment and
 * step, encoding by looking for the interval between decision values that holds the sample.
 */
function mulawLevel(code: number): number {
  const bits = 255 - code;
  const segment = Math.floor(bits / 16) % 8;
  const magnitude = 4 * (2 ** segment * (2 * (bits % 16) + 33) - 33);
  return bits >= 128 ? -magnitude : magnitude;
}

/** Decision values at 16 bits: the lower bound of each interval of magnitudes, half a step below its level. */
const mulawBounds = Array.from({ length: 128 }, (_, index) => {
  const segment = Math.floor(index / 16);
  return Math.max(0, 2 ** segment * (8 * (index % 16) + 128) - 132);
});

function mulawCode(sample: number): number {
  const magnitude = Math.abs(sample);
  let interval = 127;
  while (interval > 0 && magnitude < mulawBounds[interval]!) interval--;
  return (sample < 0 ? 0x7f : 0xff) - interval;
}

function alawLevel(code: number): number {
  const bits = code ^ 0x55;
  const segment = Math.floor(bits / 16) % 8;
  const step = bits % 16;
  const magnitude = segment === 0 ? step * 16 + 8 : (step * 16 + 264) * 2 ** (segment - 1);
  return bits >= 128 ? magnitude : -magnitude;
}

const alawBounds = Array.from({ length: 128 }, (_, index) => {
  const segment = Math.floor(index / 16);
  const step = index % 16;
  return segment === 0 ? step * 16 : (step * 16 + 256) * 2 ** (segment - 1);
});

function alawCode(sample: number): number {
  const magnitude = sample < 0 ? -sample - 1 : sample;
  let interval = 127;
  while (interval > 0 && magnitude < alawBounds[interval]!) interval--;
  return (interval | (sample < 0 ? 0 : 0x80)) ^ 0x55;
}

const allCodes = Uint8Array.from({ length: 256 }, (_, code) => code);
const allSamples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);

const laws = [
  { name: 'mulaw', decode: addon.mulawDecode, encode: addon.mulawEncode, level: mulawLevel, code: mulawCode },
  { name: 'alaw', decode: addon.alawDecode, encode: addon.alawEncode, level: alawLevel, code: alawCode },
] as const;

describe.each(laws)('$name', ({ decode, encode, level, code }) => {
  it('decodes all 256 codes as the recommendation says', () => {
    const samples = new Int16Array(256);
    expect(decode(allCodes, samples)).toBe(256);
    expect([...samples]).toEqual([...allCodes].map((each) => level(each) + 0));
  });

  it('encodes all 65,536 samples as the recommendation says', () => {
    const codes = new Uint8Array(65_536);
    expect(encode(allSamples, codes)).toBe(65_536);
    expect(Buffer.compare(codes, Uint8Array.from(allSamples, code))).toBe(0);
  });

  it('touches nothing around any length from 0 to 300 at any alignment', () => {
    const codes = new Uint8Array(400).fill(7);
    for (let length = 0; length <= 300; length++) {
      const offset = length % 9;
      const samples = new Int16Array(400).fill(12_345);
      decode(codes.subarray(offset, offset + length), samples.subarray(offset, offset + length));
      expect(samples.findIndex((sample) => sample !== 12_345)).toBe(length === 0 ? -1 : offset);
      expect(samples.findLastIndex((sample) => sample !== 12_345)).toBe(
        length === 0 ? -1 : offset + length - 1,
      );
    }
  });
});

it('gives back every mu-law code but the negative zero', () => {
  const samples = new Int16Array(256);
  const again = new Uint8Array(256);
  addon.mulawDecode(allCodes, samples);
  addon.mulawEncode(samples, again);
  expect([...again]).toEqual([...allCodes].map((code) => (code === 0x7f ? 0xff : code)));
});
