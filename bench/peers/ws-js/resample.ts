/**
 * 8 kHz to 16 kHz by a half-band low-pass (windowed sinc, Kaiser, some 60 dB down from 4.6 kHz): every second output sample
 * is an input sample, so only those between are computed.
 */
const PAIRS = 12;
const KAISER_BETA = 5.65;

/** Weight of the n-th samples to the left and right of the one between. */
const TAPS: Float64Array = halfBandTaps();

export function resampleTo16Khz(samples: Int16Array): Int16Array {
  const { length } = samples;
  const padded = new Float64Array(length + 2 * PAIRS);
  padded.set(samples, PAIRS);
  const output = new Int16Array(2 * length);
  for (let at = 0; at < length; at += 1) {
    const left = at + PAIRS;
    let sum = 0;
    for (let tap = 0; tap < PAIRS; tap += 1) {
      sum += TAPS[tap]! * (padded[left - tap]! + padded[left + 1 + tap]!);
    }
    output[2 * at] = samples[at]!;
    output[2 * at + 1] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
  return output;
}

function halfBandTaps(): Float64Array {
  const taps = Float64Array.from({ length: PAIRS }, (_, tap) => {
    const distance = tap + 0.5;
    const window = bessel0(KAISER_BETA * Math.sqrt(1 - (distance / PAIRS) ** 2)) / bessel0(KAISER_BETA);
    return (Math.sin(Math.PI * distance) / (Math.PI * distance)) * window;
  });
  const gain = 2 * taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / gain);
}

/** Modified Bessel function of the first kind, order 0: its series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 30; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
