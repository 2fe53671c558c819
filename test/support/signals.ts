/**
 * Made-up sounds for tests: the same for the same seed, everywhere. Samples at 8 kHz unless said, levels in dBFS (root
 * mean square). The "speech" is a voice as a machine may hear it: a moving pitch through two formants, syllables, soft
 * edges; nobody would understand it.
 */

const FULL_SCALE = 32_768;
export const RATE_HZ = 8000;

/** Numbers from 0 up to 1. Mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function silence(durationMs: number, rateHz = RATE_HZ): Int16Array {
  return new Int16Array((durationMs * rateHz) / 1000);
}

/** Gaussian enough: the sum of four uniform numbers. */
export function whiteNoise(durationMs: number, levelDbfs: number, seed = 1, rateHz = RATE_HZ): Int16Array {
  const random = createRandom(seed);
  const samples = Float64Array.from(
    silence(durationMs, rateHz),
    () => random() + random() + random() + random() - 2,
  );
  return atLevel(samples, levelDbfs);
}

/** 3 dB less an octave: Paul Kellet's economy filter. */
export function pinkNoise(durationMs: number, levelDbfs: number, seed = 1): Int16Array {
  const random = createRandom(seed);
  let slow = 0;
  let middle = 0;
  let fast = 0;
  const samples = Float64Array.from(silence(durationMs), () => {
    const white = random() * 2 - 1;
    slow = 0.99765 * slow + white * 0.099046;
    middle = 0.963 * middle + white * 0.2965164;
    fast = 0.57 * fast + white * 1.0526913;
    return slow + middle + fast + white * 0.1848;
  });
  return atLevel(samples, levelDbfs);
}

/** Mains hum: 50 Hz and its odd harmonics. */
export function hum(durationMs: number, levelDbfs: number): Int16Array {
  return tones(durationMs, levelDbfs, [50, 150, 250, 350]);
}

/** Sines of equal strength at once. A keypad digit is two of them. */
export function tones(
  durationMs: number,
  levelDbfs: number,
  frequenciesHz: readonly number[],
  rateHz = RATE_HZ,
): Int16Array {
  const samples = new Float64Array((durationMs * rateHz) / 1000);
  for (const hz of frequenciesHz) {
    for (let at = 0; at < samples.length; at++) {
      samples[at] = samples[at]! + Math.sin((2 * Math.PI * hz * at) / rateHz);
    }
  }
  return atLevel(samples, levelDbfs);
}

/** Voiced syllables of 180 ms, 60 ms apart, for `durationMs`; its level is that of the syllables. */
export function speech(durationMs: number, levelDbfs: number, seed = 1, rateHz = RATE_HZ): Int16Array {
  const random = createRandom(seed);
  const samples = new Float64Array((durationMs * rateHz) / 1000);
  const pitchHz = 100 + 100 * random();
  let phase = random();
  for (let at = 0; at < samples.length; at++) {
    const ms = (at / rateHz) * 1000;
    const syllable = Math.floor(ms / 240);
    const within = ms - syllable * 240;
    phase += (pitchHz * (1 + 0.12 * Math.sin(ms / 83 + syllable))) / rateHz;
    const firstHz = 400 + 130 * ((syllable * 7 + seed) % 4);
    const secondHz = 1100 + 320 * ((syllable * 5 + seed) % 5);
    let sum = 0;
    for (let harmonic = 1; harmonic * pitchHz < 3400; harmonic++) {
      const hz = harmonic * pitchHz;
      const formants =
        1 / (1 + ((hz - firstHz) / 120) ** 2) + 0.5 / (1 + ((hz - secondHz) / 160) ** 2) + 0.02;
      sum += formants * Math.sin(2 * Math.PI * harmonic * phase);
    }
    const isLast = durationMs - syllable * 240 < 240;
    const end = isLast ? Math.min(180, durationMs - syllable * 240) : 180;
    const edge = Math.min(within / 15, (end - within) / 15, 1);
    samples[at] = within < end ? sum * Math.max(0, edge) : sum * 0.03;
  }
  return atLevel(samples, levelDbfs);
}

/** Several people far off, talking at once. */
export function babble(durationMs: number, levelDbfs: number, seed = 1): Int16Array {
  const sum = new Float64Array(silence(durationMs).length);
  for (let voice = 0; voice < 8; voice++) {
    const one = speech(durationMs, -30, seed * 100 + voice);
    const shift = voice * 397;
    for (let at = 0; at < sum.length; at++) sum[at] = sum[at]! + one[(at + shift) % one.length]!;
  }
  return atLevel(sum, levelDbfs);
}

export function join(...parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Sample by sample, saturated; as long as the first. */
export function mix(first: Int16Array, ...others: readonly Int16Array[]): Int16Array {
  return Int16Array.from(first, (sample, at) =>
    clamp(others.reduce((sum, other) => sum + (other[at] ?? 0), sample)),
  );
}

/** Scales to a root mean square over what is not silent. */
function atLevel(samples: Float64Array, levelDbfs: number): Int16Array {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const gain =
    sum === 0 ? 0 : (FULL_SCALE * 10 ** (levelDbfs / 20)) / Math.sqrt(sum / Math.max(1, samples.length));
  return Int16Array.from(samples, (sample) => clamp(Math.round(sample * gain)));
}

function clamp(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, sample));
}
