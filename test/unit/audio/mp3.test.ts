import { describe, expect, it } from 'vitest';
import { levelDbfs } from '../../../src/audio/level.ts';
import { decodeMp3 } from '../../../src/audio/mp3.ts';
import { mp3Fixture } from '../../support/elevenlabs-rig.ts';

const MAX_MS = 120_000;
/** The first five of the file of 44.1 kHz, which are 208 or 209 bytes each. */
const FRAMES_BYTES = 1043;
const joined = (...parts: (Uint8Array | string)[]) =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
  );

async function decoded(bytes: Uint8Array) {
  const reading = await decodeMp3(bytes, MAX_MS);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.audio;
}

describe('decodeMp3', () => {
  it.each([22_050, 24_000, 44_100])(
    'gives the speech of a file of %i Hz, at its own rate',
    async (rateHz) => {
      const { samples, sampleRateHz } = await decoded(mp3Fixture(rateHz));
      expect(sampleRateHz).toBe(rateHz);
      // The speech is 1.97 s; a coder adds up to two frames.
      const lengthMs = (samples.length / rateHz) * 1000;
      expect(lengthMs).toBeGreaterThan(1950);
      expect(lengthMs).toBeLessThan(2050);
      expect(levelDbfs(samples)).toBeGreaterThan(-30);
    },
  );

  it('leaves out a tag before and whatever comes behind the last whole frame', async () => {
    const file = mp3Fixture(22_050);
    const plain = await decoded(file);
    const id3 = joined('ID3\x04\0\0\0\0\x01\x00', new Uint8Array(128).fill(0xff));
    const tagged = await decoded(joined(id3, file, 'TAG', new Uint8Array(125), '<html>'));
    expect(tagged.samples).toEqual(plain.samples);
    const cut = await decoded(file.subarray(0, file.length - 50));
    expect(plain.samples.length - cut.samples.length).toBeLessThanOrEqual(2 * 576);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /an MP3 file/],
    ['a page', joined('<html>'.repeat(500)), /an MP3 file/],
    ['bare samples', new Uint8Array(4000).fill(0x55), /an MP3 file/],
    ['the start of one frame', mp3Fixture(22_050).subarray(0, 40), /a whole frame/],
    [
      'a tag that is longer than the file',
      joined('ID3\x04\0\0\x7f\x7f\x7f\x7f', mp3Fixture(22_050)),
      /an MP3 file/,
    ],
    ['a hole in the middle', withHole(mp3Fixture(24_000)), /in one piece/],
    [
      'another rate on the way',
      joined(mp3Fixture(44_100).subarray(0, FRAMES_BYTES), mp3Fixture(24_000)),
      /one sample rate/,
    ],
  ])('refuses %s in a sentence', async (_what, bytes, reason) => {
    expect(await decodeMp3(bytes, MAX_MS)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(reason),
    });
  });

  it('refuses what lasts too long before it decodes it', async () => {
    expect(await decodeMp3(mp3Fixture(24_000), 1000)).toMatchObject({
      ok: false,
      reason: 'Expected at most 1 s of MP3, received 3 s',
    });
  });

  it('throws of no damage, wherever it is', async () => {
    const file = mp3Fixture(22_050);
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return seed % below;
    };
    for (let round = 0; round < 20; round++) {
      const damaged = file.slice();
      for (let byte = 0; byte < 30; byte++) damaged[next(damaged.length)] = next(256);
      expect(typeof (await decodeMp3(damaged, MAX_MS)).ok).toBe('boolean');
    }
  });
});

function withHole(file: Uint8Array): Uint8Array {
  const damaged = file.slice();
  damaged.fill(0, 4000, 4300);
  return damaged;
}
