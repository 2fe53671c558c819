/**
 * Measures the resampler as it is, integers and all, with sines whose frequency fits a whole number of times into what is
 * looked at: every level is exact to the rounding of 16 bits, and nothing depends on chance.
 *
 * The bounds are those of a telephone at the lower rate of 8 kHz; for another lower rate every frequency is in proportion.
 */
import { describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';

const PEAK = 32_000;
/** What is looked at lasts one second at 8 kHz, so that whole hertz fit into it. Before it, the filter fills. */
const SETTLE_MS = 20;

/** The second of output that follows the settling, for a sine of `hz` at `fromHz`. `scale` is lower rate / 8000. */
function respond(fromHz: number, toHz: number, hz: number, peak = PEAK): Float64Array {
  const resampler = new addon.Resampler(fromHz, toHz);
  const scale = Math.min(fromHz, toHz) / 8000;
  const seconds = 1 / scale;
  const settle = Math.round((fromHz * SETTLE_MS) / 1000);
  const input = Int16Array.from({ length: settle * 2 + fromHz * seconds }, (_, at) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * (at - settle)) / fromHz)),
  );
  const output = new Int16Array(resampler.maxOutputSamples(input.length));
  resampler.process(input, output);
  const start = Math.round((toHz * SETTLE_MS) / 1000) + resampler.delaySamples;
  return Float64Array.from(output.subarray(start, start + Math.round(toHz * seconds)));
}

/** Amplitudes of sine and cosine of `hz` in `samples` at `rateHz`. */
function project(samples: Float64Array, hz: number, rateHz: number): { sine: number; cosine: number } {
  let sine = 0;
  let cosine = 0;
  for (let at = 0; at < samples.length; at++) {
    const angle = (2 * Math.PI * ((hz * at) % rateHz)) / rateHz;
    sine += samples[at]! * Math.sin(angle);
    cosine += samples[at]! * Math.cos(angle);
  }
  return { sine: (2 * sine) / samples.length, cosine: (2 * cosine) / samples.length };
}

const toDb = (ratio: number): number => 20 * Math.log10(Math.max(ratio, 1e-9));

/** Gain at `hz`, in dB. */
function gainDb(fromHz: number, toHz: number, hz: number): number {
  const { sine, cosine } = project(respond(fromHz, toHz, hz), hz, toHz);
  return toDb(Math.hypot(sine, cosine) / PEAK);
}

/** Level of the sine that `hz` becomes at `seenHz`, in dB under what went in. */
function imageDb(fromHz: number, toHz: number, hz: number, seenHz: number): number {
  const { sine, cosine } = project(respond(fromHz, toHz, hz), seenHz, toHz);
  return toDb(Math.hypot(sine, cosine) / PEAK);
}

/** Where `hz` is seen after sampling at `rateHz`. */
function folded(hz: number, rateHz: number): number {
  const rest = hz % rateHz;
  return rest > rateHz / 2 ? rateHz - rest : rest;
}

/** All that is not the sine itself, in dB under it. */
function distortionDb(fromHz: number, toHz: number, hz: number): number {
  const samples = respond(fromHz, toHz, hz);
  const { sine, cosine } = project(samples, hz, toHz);
  let rest = 0;
  for (let at = 0; at < samples.length; at++) {
    const angle = (2 * Math.PI * ((hz * at) % toHz)) / toHz;
    rest += (samples[at]! - sine * Math.sin(angle) - cosine * Math.cos(angle)) ** 2;
  }
  return 10 * Math.log10((2 * rest) / samples.length / (sine ** 2 + cosine ** 2));
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

describe.each([
  [16_000, 8000],
  [24_000, 8000],
  [44_100, 8000],
  [22_050, 8000],
  [48_000, 8000],
  [48_000, 16_000],
  [24_000, 16_000],
])('down from %i to %i Hz', (fromHz, toHz) => {
  const scale = toHz / 8000;
  const scaled = (hz: number): number => hz * scale;

  it('is flat within 0.02 dB to 3.4 kHz', () => {
    const gains = range(100, 3400, 150).map((hz) => gainDb(fromHz, toHz, scaled(hz)));
    expect(Math.max(...gains) - Math.min(...gains)).toBeLessThan(0.02);
    expect(Math.max(...gains.map(Math.abs))).toBeLessThan(0.01);
  });

  it('lets alias into 0 to 3.4 kHz at -95 dB at the most', () => {
    const sources = range(4600, 23_950, 118).filter(
      (hz) => scaled(hz) < fromHz / 2 && folded(hz, 8000) <= 3400 && folded(hz, 8000) > 0,
    );
    for (const hz of sources) {
      expect(imageDb(fromHz, toHz, scaled(hz), scaled(folded(hz, 8000)))).toBeLessThan(-95);
    }
  });

  it('lets pass -58 dB at the most from 4.1 kHz up', () => {
    for (const hz of range(4100, 4600, 20)) {
      expect(imageDb(fromHz, toHz, scaled(hz), scaled(folded(hz, 8000)))).toBeLessThan(-58);
    }
  });

  it('adds distortion and noise of -93 dB at the most', () => {
    for (const hz of [101, 997, 2003, 3301]) expect(distortionDb(fromHz, toHz, scaled(hz))).toBeLessThan(-93);
  });

  it('is late by what it says, to a thousandth of a sample, and not over 3 ms', () => {
    expect(new addon.Resampler(fromHz, toHz).delaySamples / toHz).toBeLessThanOrEqual(0.003);
    for (const hz of [200, 1000, 3000]) {
      const { sine, cosine } = project(respond(fromHz, toHz, scaled(hz)), scaled(hz), toHz);
      expect(Math.abs(Math.atan2(cosine, sine) / (2 * Math.PI * (scaled(hz) / toHz)))).toBeLessThan(0.001);
    }
  });
});

describe.each([
  [8000, 16_000],
  [16_000, 48_000],
  [8000, 48_000],
])('up from %i to %i Hz', (fromHz, toHz) => {
  const scaled = (hz: number): number => (hz * fromHz) / 8000;
  const steps = toHz / fromHz;

  it('is flat within 0.01 dB to 3.4 kHz', () => {
    const gains = range(100, 3400, 150).map((hz) => gainDb(fromHz, toHz, scaled(hz)));
    expect(Math.max(...gains) - Math.min(...gains)).toBeLessThan(0.01);
    expect(Math.max(...gains.map(Math.abs))).toBeLessThan(0.005);
  });

  it('adds images of -96 dB at the most', () => {
    for (const hz of range(100, 3400, 110)) {
      for (let turn = 1; turn <= steps / 2; turn++) {
        for (const image of [turn * 8000 - hz, turn * 8000 + hz].filter((each) => each * 2 < steps * 8000)) {
          expect(imageDb(fromHz, toHz, scaled(hz), scaled(image))).toBeLessThan(-96);
        }
      }
    }
  });

  it('adds distortion and noise of -93 dB at the most', () => {
    for (const hz of [101, 997, 2003, 3301]) expect(distortionDb(fromHz, toHz, scaled(hz))).toBeLessThan(-93);
  });

  it('is late by what it says, to a thousandth of a sample, and not over 3 ms', () => {
    expect(new addon.Resampler(fromHz, toHz).delaySamples / toHz).toBeLessThanOrEqual(0.003);
    for (const hz of [200, 1000, 3000]) {
      const { sine, cosine } = project(respond(fromHz, toHz, scaled(hz)), scaled(hz), toHz);
      expect(Math.abs(Math.atan2(cosine, sine) / (2 * Math.PI * (scaled(hz) / toHz)))).toBeLessThan(0.001);
    }
  });
});
