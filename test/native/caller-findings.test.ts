/** Cases that whole calls have found: each was a caller who was not heard, or a noise that was. */
import { describe, expect, it } from 'vitest';
import { join, pinkNoise, silence, speech, whiteNoise } from '../support/signals.ts';
import { WireCaller } from '../support/wire-caller.ts';

const PLAYOUT_DBFS = -15;

describe('noise that is there from the first frame', () => {
  it.each([
    ['white', -32],
    ['white', -38],
    ['pink', -32],
    ['pink', -38],
  ] as const)('%s at %i dBFS does not interrupt the greeting, nor is it an answer', (colour, level) => {
    const noise = colour === 'white' ? whiteNoise(4000, level) : pinkNoise(4000, level);
    const caller = new WireCaller({});
    caller.says(noise, PLAYOUT_DBFS);
    caller.says(noise);
    expect(caller.heard).toEqual([]);
  });

  it('does not hide a word at 10 dB over it', () => {
    const noise = whiteNoise(3000, -32);
    const caller = new WireCaller({}).says(noise);
    const word = speech(400, -20).map((sample, at) => sample + noise[at]!);
    caller.says(join(word, whiteNoise(1500, -32, 5)));
    expect(caller.utterances).toHaveLength(1);
  });
});

describe('a key', () => {
  it.each([0, 40, 200])('stands for a word that begins %i ms after it', (afterMs) => {
    const caller = new WireCaller({}).says(silence(1000));
    caller.receiver.discardSpeech();
    caller.says(join(silence(afterMs), speech(500, -20), silence(1500)));
    expect(caller.utterances).toEqual([]);
  });

  it('does not stand for one that begins half a second after it', () => {
    const caller = new WireCaller({}).says(silence(1000));
    caller.receiver.discardSpeech();
    caller.says(join(silence(500), speech(500, -20), silence(1500)));
    expect(caller.utterances).toHaveLength(1);
  });
});
