/** A linear-phase low-pass for 8 kHz samples: 101 taps of a sinc under a Blackman window, -70 dB some 250 Hz above. */
const TAPS = 101;

/** The same length as `samples`, without delay. */
export function lowPass(samples: Int16Array, cutoffHz: number): Int16Array {
  const taps = tapsOf(cutoffHz / 8000);
  const half = (TAPS - 1) / 2;
  return Int16Array.from(samples, (_, at) => {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap += 1) sum += taps[tap]! * (samples[at + tap - half] ?? 0);
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  });
}

function tapsOf(cutoffRatio: number): readonly number[] {
  const half = (TAPS - 1) / 2;
  const taps = Array.from({ length: TAPS }, (_, tap) => {
    const x = tap - half;
    const sinc = x === 0 ? 2 * cutoffRatio : Math.sin(2 * Math.PI * cutoffRatio * x) / (Math.PI * x);
    const turn = (2 * Math.PI * tap) / (TAPS - 1);
    return sinc * (0.42 - 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn));
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
