/**
 * Log-mel features of telephone speech: what the yes/no network sees. Pure arithmetic, any thread.
 *
 * Frames of 25 ms every 10 ms at 8 kHz, Hann window, 256-point power spectrum, 32 triangular mel filters from 120 to
 * 3800 Hz, natural logarithm. `training/yes-no/features.py` computes the same numbers; the weights are worth nothing
 * if the two drift apart, so `training/yes-no/check-parity.ts` holds them to 1e-3.
 */
import { PowerSpectrum } from './power-spectrum.ts';

export const BAND_COUNT = 32;
export const FEATURE_RATE_HZ = 8000;
const FRAME_SAMPLES = 200;
export const HOP_SAMPLES = 80;

const LOWEST_HZ = 120;
const HIGHEST_HZ = 3800;
/** About a quarter of one 16-bit step, so that digital silence has a finite logarithm. */
const ENERGY_FLOOR = 1e-10;
/** These three place the loudest frame near +2, 50 dB below it near -1.3, and cut what is fainter still. */
const REFERENCE_OFFSET = 7;
const REFERENCE_SCALE = 3.5;
const LOWEST_FEATURE = -2;

const toMel = (hz: number): number => 1127 * Math.log1p(hz / 700);
const toHz = (mel: number): number => 700 * Math.expm1(mel / 1127);

/** One triangle over the bins of the power spectrum: `weights[i]` belongs to bin `firstBin + i`. */
interface MelFilter {
  readonly firstBin: number;
  readonly weights: Float64Array;
}

function createFilters(binCount: number, binHz: number): MelFilter[] {
  const lowest = toMel(LOWEST_HZ);
  const stepMel = (toMel(HIGHEST_HZ) - lowest) / (BAND_COUNT + 1);
  const filters: MelFilter[] = [];
  for (let band = 0; band < BAND_COUNT; band++) {
    const [from, peak, to] = [0, 1, 2].map((edge) => toHz(lowest + stepMel * (band + edge))) as [
      number,
      number,
      number,
    ];
    const firstBin = Math.ceil(from / binHz);
    const weights: number[] = [];
    for (let bin = firstBin; bin < binCount && bin * binHz < to; bin++) {
      const hz = bin * binHz;
      weights.push(Math.max(0, Math.min((hz - from) / (peak - from), (to - hz) / (to - peak))));
    }
    filters.push({ firstBin, weights: Float64Array.from(weights) });
  }
  return filters;
}

export class MelFeatures {
  /** Frame-major: band `b` of frame `t` is at `t * BAND_COUNT + b`. Overwritten by the next `compute`. */
  readonly logMel: Float64Array;
  /** Natural logarithm of each frame's energy over all bands. Overwritten by the next `compute`. */
  readonly loudness: Float64Array;
  readonly #spectrum = new PowerSpectrum(FRAME_SAMPLES);
  readonly #filters = createFilters(this.#spectrum.binCount, FEATURE_RATE_HZ / this.#spectrum.size);
  readonly #maxFrames: number;

  /** `maxFrames` bounds the memory: 264 bytes a frame, allocated once. */
  constructor(maxFrames: number) {
    this.#maxFrames = maxFrames;
    this.logMel = new Float64Array(maxFrames * BAND_COUNT);
    this.loudness = new Float64Array(maxFrames);
  }

  /**
   * Fills `logMel` and `loudness` from samples of full scale 1 at 8 kHz.
   * Returns the number of frames: 0 below 25 ms of sound, never more than `maxFrames`.
   */
  compute(samples: Float32Array): number {
    const whole = Math.floor((samples.length - FRAME_SAMPLES) / HOP_SAMPLES) + 1;
    const frames = Math.max(0, Math.min(whole, this.#maxFrames));
    // The spectrum takes two frames at a time, one as the real part and one as the imaginary part.
    for (let frame = 0; frame < frames; frame += 2) {
      const second = Math.min(frame + 1, frames - 1);
      this.#spectrum.computePair(samples, frame * HOP_SAMPLES, second * HOP_SAMPLES);
      this.#store(frame, this.#spectrum.first);
      this.#store(second, this.#spectrum.second);
    }
    return frames;
  }

  #store(frame: number, power: Float64Array): void {
    let total = 0;
    for (let band = 0; band < BAND_COUNT; band++) {
      const { firstBin, weights } = this.#filters[band]!;
      let energy = 0;
      for (let i = 0; i < weights.length; i++) energy += weights[i]! * power[firstBin + i]!;
      energy = Math.max(energy / FRAME_SAMPLES, ENERGY_FLOOR);
      total += energy;
      this.logMel[frame * BAND_COUNT + band] = Math.log(energy);
    }
    this.loudness[frame] = Math.log(total);
  }

  /**
   * Copies frames `from` to `to` (exclusive) into `target`, the utterance's own level taken out: the loudest of these
   * frames is the reference. `target` starts at `targetOffset`.
   */
  normalize(from: number, to: number, target: Float64Array, targetOffset: number): void {
    let reference = -Infinity;
    for (let frame = from; frame < to; frame++) reference = Math.max(reference, this.loudness[frame]!);
    const first = from * BAND_COUNT;
    const count = (to - from) * BAND_COUNT;
    for (let i = 0; i < count; i++) {
      const value = (this.logMel[first + i]! - reference + REFERENCE_OFFSET) / REFERENCE_SCALE;
      target[targetOffset + i] = Math.max(value, LOWEST_FEATURE);
    }
  }
}
