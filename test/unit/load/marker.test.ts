import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../src/audio/g711.ts';
import { lowPass } from '../../../src/load/low-pass.ts';
import { mark, readMarker, SPEECH_MAX_HZ, type Word } from '../../../src/load/marker.ts';
import { createRandom } from '../../../src/simulator/random.ts';
import { resample } from '../../../src/speech/resample.ts';

const RATE_HZ = 8000;

/** A word of so long in silence, as it comes out of a telephone line; a buzz in place of a voice. */
function lineWith(word: Word, wordMs = 600): Int16Array {
  const buzz = Int16Array.from({ length: wordMs * 8 }, (_, at) => (at % 64 < 6 ? 9000 : -900));
  const samples = lowPass(buzz, SPEECH_MAX_HZ);
  mark(samples, word);
  const line = new Int16Array(samples.length + 6400);
  line.set(samples, 3200);
  return decodeG711('mulaw', encodeG711('mulaw', line));
}

function wideband(samples: Int16Array): Int16Array {
  return resample({ samples, sampleRateHz: RATE_HZ }, 16_000).samples;
}

describe('the marker of a word', () => {
  it.each(['yes', 'no'] as const)('is read after mu-law and resampling: %s', (word) => {
    expect(readMarker(lineWith(word), RATE_HZ)).toBe(word);
    expect(readMarker(wideband(lineWith(word)), 16_000)).toBe(word);
  });

  it.each([400, 1500])('is read in a word of %i ms', (wordMs) => {
    expect(readMarker(wideband(lineWith('yes', wordMs)), 16_000)).toBe('yes');
  });

  it('is read wherever the blocks happen to be cut', () => {
    for (let shift = 0; shift < 160; shift += 16) {
      expect(readMarker(lineWith('no').subarray(shift), RATE_HZ)).toBe('no');
    }
  });

  it('is not whole in a word whose beginning is cut off', () => {
    expect(readMarker(lineWith('yes').subarray(3200 + 480), RATE_HZ)).toBeNull();
  });

  it('is not whole in a word whose end is cut off', () => {
    expect(readMarker(lineWith('yes').subarray(0, 3200 + 4800 - 480), RATE_HZ)).toBeNull();
  });

  it('is nothing where two callers are mixed', () => {
    const [one, other] = [lineWith('yes'), lineWith('no')];
    expect(
      readMarker(
        one.map((sample, at) => (sample + other[at]!) / 2),
        RATE_HZ,
      ),
    ).toBeNull();
  });

  it('is nothing where two words follow each other', () => {
    const twice = new Int16Array(lineWith('yes').length * 2);
    twice.set(lineWith('yes'));
    twice.set(lineWith('yes'), twice.length / 2);
    expect(readMarker(twice, RATE_HZ)).toBeNull();
  });

  it('is nothing where a tenth of a second is lost', () => {
    const line = lineWith('yes');
    line.fill(0, 5600, 6400);
    expect(readMarker(line, RATE_HZ)).toBeNull();
  });

  it('is nothing in silence and in noise', () => {
    const random = createRandom(3);
    expect(readMarker(new Int16Array(8000), RATE_HZ)).toBeNull();
    expect(
      readMarker(
        Int16Array.from({ length: 8000 }, () => random() * 20_000 - 10_000),
        RATE_HZ,
      ),
    ).toBeNull();
  });
});
