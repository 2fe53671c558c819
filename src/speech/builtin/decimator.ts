/**
 * 16 kHz to 8 kHz for the recognizer: a windowed-sinc low-pass of 63 taps (flat to 3.4 kHz, more than 50 dB down from
 * 4.3 kHz on), then every second sample. It has no state: an utterance is whole when it comes here.
 */

const TAPS = 63;
const CENTER = (TAPS - 1) / 2;
/** The half-amplitude point as a share of the input rate: 3850 Hz. */
const CUTOFF_RATIO = 3850 / 16000;

const KERNEL = ((): Float64Array => {
  const kernel = Float64Array.from({ length: TAPS }, (_, i) => {
    const t = i - CENTER;
    const sinc = t === 0 ? 2 * CUTOFF_RATIO : Math.sin(2 * Math.PI * CUTOFF_RATIO * t) / (Math.PI * t);
    return sinc * (0.54 + 0.46 * Math.cos((Math.PI * t) / (CENTER + 1)));
  });
  const gain = kernel.reduce((sum, tap) => sum + tap, 0);
  return kernel.map((tap) => tap / gain);
})();

/** Full-scale floats at 8 kHz from 16-bit samples at 16 kHz. Sound outside the utterance counts as silence. */
export function toHalfRate(samples: Int16Array): Float32Array {
  const out = new Float32Array(Math.floor(samples.length / 2));
  for (let i = 0; i < out.length; i++) {
    const from = 2 * i - CENTER;
    const first = Math.max(0, -from);
    const last = Math.min(TAPS, samples.length - from);
    let sum = 0;
    for (let tap = first; tap < last; tap++) sum += samples[from + tap]! * KERNEL[tap]!;
    out[i] = sum / 32768;
  }
  return out;
}
