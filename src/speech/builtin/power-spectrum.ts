/**
 * Power spectra of two windowed real frames by one complex FFT: one frame rides as the real part, the other as the
 * imaginary part, and symmetry takes them apart (half the work of two transforms). Allocates only when constructed.
 */
export class PowerSpectrum {
  /** Points of the transform: the next power of two at or above the frame. */
  readonly size: number;
  /** Bins 0 to size / 2. */
  readonly binCount: number;
  /** Squared magnitudes of the first and second frame of the last `computePair`. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly #window: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;
  readonly #reversed: Uint16Array;

  constructor(frameSamples: number) {
    const bits = Math.ceil(Math.log2(frameSamples));
    const size = 2 ** bits;
    this.size = size;
    this.binCount = size / 2 + 1;
    this.first = new Float64Array(this.binCount);
    this.second = new Float64Array(this.binCount);
    this.#window = Float64Array.from(
      { length: frameSamples },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / frameSamples),
    );
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
    this.#cosine = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sine = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
    this.#reversed = Uint16Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) reversed |= 1 << (bits - 1 - bit);
      return reversed;
    });
  }

  /** Both frames must lie inside `samples`. */
  computePair(samples: Float32Array, firstOffset: number, secondOffset: number): void {
    const real = this.#real;
    const imaginary = this.#imaginary;
    real.fill(0);
    imaginary.fill(0);
    for (let i = 0; i < this.#window.length; i++) {
      const at = this.#reversed[i]!;
      real[at] = samples[firstOffset + i]! * this.#window[i]!;
      imaginary[at] = samples[secondOffset + i]! * this.#window[i]!;
    }
    this.#transform();
    // X1 = (Z[k] + conj Z[-k]) / 2 and X2 = (Z[k] - conj Z[-k]) / 2i.
    for (let bin = 0; bin < this.binCount; bin++) {
      const mirror = (this.size - bin) % this.size;
      const re = real[bin]!;
      const im = imaginary[bin]!;
      const mirrorRe = real[mirror]!;
      const mirrorIm = imaginary[mirror]!;
      this.first[bin] = ((re + mirrorRe) ** 2 + (im - mirrorIm) ** 2) / 4;
      this.second[bin] = ((im + mirrorIm) ** 2 + (mirrorRe - re) ** 2) / 4;
    }
  }

  /** Decimation in time, in place, over bit-reversed input. */
  #transform(): void {
    const real = this.#real;
    const imaginary = this.#imaginary;
    for (let half = 1; half < this.size; half *= 2) {
      const stride = this.size / (2 * half);
      for (let start = 0; start < this.size; start += 2 * half) {
        for (let i = 0; i < half; i++) {
          const cosine = this.#cosine[i * stride]!;
          const sine = this.#sine[i * stride]!;
          const a = start + i;
          const b = a + half;
          const re = real[b]! * cosine - imaginary[b]! * sine;
          const im = real[b]! * sine + imaginary[b]! * cosine;
          real[b] = real[a]! - re;
          imaginary[b] = imaginary[a]! - im;
          real[a] = real[a]! + re;
          imaginary[a] = imaginary[a]! + im;
        }
      }
    }
  }
}
