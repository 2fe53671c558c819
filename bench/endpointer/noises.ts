/** Noises of a mean square of 1. The same for the same random numbers. */
import { RATE_HZ } from '../../test/support/signals.ts';
import { PHRASES, say, VOICES } from './voices.ts';

type Random = () => number;
export const NOISES = ['white', 'pink', 'babble', 'hum'] as const;
export type Noise = (typeof NOISES)[number];

/** `notVoice`, who is speaking, is not in the babble. */
export function makeNoise(noise: Noise, samples: number, random: Random, notVoice: string): Float64Array {
  const wave = MAKERS[noise](samples, random, notVoice);
  const gain = 1 / Math.sqrt(wave.reduce((sum, sample) => sum + sample * sample, 0) / samples);
  return wave.map((sample) => sample * gain);
}

const MAKERS: Record<Noise, (samples: number, random: Random, notVoice: string) => Float64Array> = {
  white: (samples, random) => Float64Array.from({ length: samples }, () => gaussian(random)),
  pink,
  babble,
  hum,
};

/** The sum of twelve uniform numbers. */
function gaussian(random: Random): number {
  let sum = -6;
  for (let term = 0; term < 12; term++) sum += random();
  return sum;
}

/** Paul Kellet's filter. */
function pink(samples: number, random: Random): Float64Array {
  let slow = 0;
  let middle = 0;
  let fast = 0;
  return Float64Array.from({ length: samples }, () => {
    const white = gaussian(random);
    slow = 0.99765 * slow + white * 0.099046;
    middle = 0.963 * middle + white * 0.2965164;
    fast = 0.57 * fast + white * 1.0526913;
    return slow + middle + fast + white * 0.1848;
  });
}

/** Mains of 50 or 60 Hz and 4 to 14 harmonics. */
function hum(samples: number, random: Random): Float64Array {
  const mainsHz = random() < 0.5 ? 50 : 60;
  const wave = new Float64Array(samples);
  const harmonics = 4 + Math.floor(11 * random());
  const evenShare = random() < 0.5 ? 1 : 0.2;
  for (let harmonic = 1; harmonic <= harmonics; harmonic++) {
    const phase = random() * 2 * Math.PI;
    const strength = (harmonic % 2 === 1 ? 1 : evenShare) / harmonic;
    const step = (2 * Math.PI * mainsHz * harmonic) / RATE_HZ;
    for (let at = 0; at < samples; at++) wave[at] = wave[at]! + strength * Math.sin(step * at + phase);
  }
  return wave;
}

/** Three to twelve others, talking without end. */
function babble(samples: number, random: Random, notVoice: string): Float64Array {
  const wave = new Float64Array(samples);
  const voices = VOICES.filter((voice) => voice !== notVoice && say(voice, PHRASES[0]) !== null);
  const talkers = [3, 4, 5, 6, 8, 12][Math.floor(6 * random())]!;
  for (let talker = 0; talker < talkers; talker++) {
    const voice = voices[Math.floor(voices.length * random())]!;
    const gain = 10 ** ((6 * random() - 3) / 20);
    let at = -Math.floor(2 * RATE_HZ * random());
    while (at < samples) {
      const phrase = say(voice, PHRASES[Math.floor(PHRASES.length * random())]!)!;
      const rms = Math.sqrt(phrase.reduce((sum, sample) => sum + sample * sample, 0) / phrase.length);
      for (let from = Math.max(0, -at); from < phrase.length && at + from < samples; from++) {
        wave[at + from] = wave[at + from]! + (phrase[from]! * gain) / rms;
      }
      at += phrase.length + Math.floor(0.3 * RATE_HZ * random());
    }
  }
  return wave;
}
