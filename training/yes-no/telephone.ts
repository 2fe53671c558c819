/**
 * What evaluation needs of a telephone: resampling to 8 kHz, mu-law there and back, levels and noises. Seeded, so that
 * two runs hear the same. Written apart from the training scripts' `channel.py` on purpose: the recognizer should not be
 * judged by the sounds it was made with.
 */

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Any rate to 8 kHz by a Hann-windowed sinc, cut off at 3.7 kHz. */
export function resampleTo8k(samples: Float64Array, fromHz: number): Float64Array {
  const out = new Float64Array(Math.floor((samples.length * 8000) / fromHz));
  const cutoff = Math.min(3700 / fromHz, 0.48);
  const reach = Math.ceil(12 / cutoff);
  for (let i = 0; i < out.length; i++) {
    const center = (i * fromHz) / 8000;
    const first = Math.max(0, Math.ceil(center - reach));
    const last = Math.min(samples.length - 1, Math.floor(center + reach));
    let sum = 0;
    for (let k = first; k <= last; k++) {
      const t = k - center;
      const sinc = t === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * t) / (Math.PI * t);
      sum += samples[k]! * sinc * (0.5 + 0.5 * Math.cos((Math.PI * t) / (reach + 1)));
    }
    out[i] = sum;
  }
  return out;
}

/** ITU-T G.711 mu-law, 16-bit sample to byte. */
export function toMulaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(32635, Math.abs(sample)) + 132;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff;
}

export function fromMulaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return bits & 0x80 ? -magnitude : magnitude;
}

export function rms(samples: Float64Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

/** Cuts silence (below 1 % of the peak) off both ends. */
export function trimSilence(samples: Float64Array): Float64Array {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  let from = 0;
  let to = samples.length;
  while (from < to && Math.abs(samples[from]!) < 0.01 * peak) from++;
  while (to > from && Math.abs(samples[to - 1]!) < 0.01 * peak) to--;
  return samples.slice(from, to);
}

/**
 * Speech as the carrier delivers it: `leadMs` and `trailMs` of line around it, at `levelDbov`, with `noise` (any level)
 * at `snrDb` below the speech, through mu-law. The result is linear again, 8 kHz.
 */
export function deliver(
  speech: Float64Array,
  line: {
    leadMs: number;
    trailMs: number;
    levelDbov: number;
    snrDb?: number;
    noise?: (count: number) => Float64Array;
  },
): Int16Array {
  const lead = line.leadMs * 8;
  const whole = new Float64Array(lead + speech.length + line.trailMs * 8);
  const level = rms(speech) || 1;
  whole.set(
    speech.map((sample) => sample / level),
    lead,
  );
  if (line.noise !== undefined && line.snrDb !== undefined) {
    const noise = line.noise(whole.length);
    const gain = 10 ** (-line.snrDb / 20) / (rms(noise) || 1);
    for (let i = 0; i < whole.length; i++) whole[i] = whole[i]! + noise[i]! * gain;
  }
  const scale = 32768 * 10 ** (line.levelDbov / 20);
  return Int16Array.from(whole, (sample) =>
    fromMulaw(toMulaw(Math.round(Math.max(-32768, Math.min(32767, sample * scale))))),
  );
}

/** A noise maker gives `count` samples at 8 kHz of no particular level. */
export type Noise = (count: number, random: () => number) => Float64Array;

const make = (count: number, at: (i: number) => number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => at(i));

export const white: Noise = (count, random) => make(count, () => gaussian(random));

/** Paul Kellet's three-pole pink filter. */
export const pink: Noise = (count, random) => {
  let [a, b, c] = [0, 0, 0];
  return make(count, () => {
    const w = gaussian(random);
    a = 0.99765 * a + 0.099046 * w;
    b = 0.963 * b + 0.2965164 * w;
    c = 0.57 * c + 1.0526913 * w;
    return a + b + c + 0.1848 * w;
  });
};

export const hum: Noise = (count, random) => {
  const phases = Array.from({ length: 20 }, () => random() * 6.28);
  const baseHz = random() < 0.5 ? 50 : 60;
  return make(count, (i) => {
    let sum = 0.05 * gaussian(random);
    for (let k = 1; k <= 20; k++) sum += Math.sin((2 * Math.PI * baseHz * k * i) / 8000 + phases[k - 1]!) / k;
    return sum;
  });
};

export const dtmf: Noise = (count, random) => {
  const low = [697, 770, 852, 941][Math.floor(random() * 4)]!;
  const high = [1209, 1336, 1477][Math.floor(random() * 3)]!;
  const [from, to] = [count * random() * 0.4, count * (0.5 + 0.5 * random())];
  return make(count, (i) =>
    i < from || i > to
      ? 0.001 * gaussian(random)
      : Math.sin((2 * Math.PI * low * i) / 8000) + Math.sin((2 * Math.PI * high * i) / 8000),
  );
};

export const tone: Noise = (count, random) => {
  const hz = 200 + 3000 * random();
  const [from, to] = [count * random() * 0.4, count * (0.5 + 0.5 * random())];
  return make(count, (i) => (i < from || i > to ? 0 : Math.sin((2 * Math.PI * hz * i) / 8000)));
};

/** Two or three bursts of throaty noise. */
export const cough: Noise = (count, random) => {
  const out = new Float64Array(count);
  const bursts = 1 + Math.floor(random() * 3);
  for (let burst = 0; burst < bursts; burst++) {
    const start = Math.floor(count * (0.1 + 0.25 * burst + 0.1 * random()));
    const hz = 500 + 1200 * random();
    let [y1, y2] = [0, 0];
    for (let i = start; i < Math.min(count, start + 2400); i++) {
      const t = (i - start) / 8000;
      const x = gaussian(random) * (1 - Math.exp(-t * 300)) * Math.exp(-t * 14);
      const y = x + 2 * 0.93 * Math.cos((2 * Math.PI * hz) / 8000) * y1 - 0.93 ** 2 * y2;
      y2 = y1;
      y1 = y;
      out[i] = out[i]! + y;
    }
  }
  return out;
};

/** Plucked chords, a new one every 200 to 500 ms. */
export const music: Noise = (count, random) => {
  const out = new Float64Array(count);
  for (let at = 0; at < count; ) {
    const length = Math.floor(1600 + 2400 * random());
    const root = 110 * 2 ** (Math.floor(random() * 24) / 12);
    const chord = [1, 1.26, 1.5];
    for (let i = 0; i < length && at + i < count; i++) {
      for (const note of chord) {
        for (let partial = 1; partial <= 4; partial++) {
          const phase = (2 * Math.PI * root * note * partial * i) / 8000;
          out[at + i] = out[at + i]! + (Math.sin(phase) * Math.exp(-i / 2000)) / partial;
        }
      }
    }
    at += length;
  }
  return out;
};

export const silence: Noise = (count, random) => make(count, () => (random() < 0.01 ? 1e-4 : 0));
