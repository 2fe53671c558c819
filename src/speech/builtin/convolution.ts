/**
 * A convolution over time, the one kind of layer that the yes/no network is made of (a dense layer is one tap over one
 * frame). Activations are frame-major with zero frames before and after, so that taps never look outside.
 *
 *   input   [ 0 | frame 0 | frame 1 | ... | frame n-1 | 0 ]     PADDING_FRAMES zero frames at each end
 *   output  frame t = bias + sum over taps k of weights[k] x input frame (t * stride + (k - center) * dilation)
 */

/** The widest reach of any layer to one side: three taps at dilation 2, or five taps at dilation 1. */
export const PADDING_FRAMES = 2;

export interface ConvolutionShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Float64 although the weights come from 8 bits: JavaScript computes in doubles, and skips a conversion a load. */
export class Convolution {
  readonly shape: ConvolutionShape;
  /** Output-major, then tap, then input. */
  readonly #weights: Float64Array;
  readonly #bias: Float64Array;

  constructor(shape: ConvolutionShape, weights: Float64Array, bias: Float64Array) {
    this.shape = shape;
    this.#weights = weights;
    this.#bias = bias;
  }

  /** Frames that come out for `frames` going in, centered taps and zero padding assumed. */
  outputFrames(frames: number): number {
    return Math.floor((frames - 1) / this.shape.stride) + 1;
  }

  /**
   * Computes all output frames into `output` (padded likewise; its padding is zeroed here). `residual`, when given, is
   * added before the rectifier and has the output's shape. Returns the number of output frames.
   */
  apply(
    input: Float64Array,
    frames: number,
    output: Float64Array,
    rectified: boolean,
    residual?: Float64Array,
  ): number {
    const { inputs, outputs } = this.shape;
    const count = this.outputFrames(frames);
    output.fill(0, 0, PADDING_FRAMES * outputs);
    output.fill(0, (PADDING_FRAMES + count) * outputs, (2 * PADDING_FRAMES + count) * outputs);
    const reach = ((this.shape.taps - 1) / 2) * this.shape.dilation;
    for (let frame = 0; frame < count; frame += 2) {
      // Two frames and four outputs at once: eight sums that stay in registers, six loads for eight products.
      const other = Math.min(frame + 1, count - 1);
      const a = (PADDING_FRAMES + frame * this.shape.stride - reach) * inputs;
      const b = (PADDING_FRAMES + other * this.shape.stride - reach) * inputs;
      this.#pair(input, a, b, output, (PADDING_FRAMES + frame) * outputs, (PADDING_FRAMES + other) * outputs);
    }
    const first = PADDING_FRAMES * outputs;
    const last = first + count * outputs;
    if (residual !== undefined) for (let i = first; i < last; i++) output[i] = output[i]! + residual[i]!;
    if (rectified) for (let i = first; i < last; i++) if (output[i]! < 0) output[i] = 0;
    return count;
  }

  /** `a` and `b` are where the first tap of each frame begins; `outA` and `outB` where its outputs go. */
  #pair(input: Float64Array, a: number, b: number, output: Float64Array, outA: number, outB: number): void {
    const { inputs, outputs, taps, dilation } = this.shape;
    const weights = this.#weights;
    const bias = this.#bias;
    const row = taps * inputs;
    const skip = dilation * inputs;
    for (let out = 0; out < outputs; out += 4) {
      const rows = Math.min(4, outputs - out);
      // Rows past the last are read as the first of the four and thrown away.
      const w0 = out * row;
      const w1 = rows > 1 ? w0 + row : w0;
      const w2 = rows > 2 ? w0 + 2 * row : w0;
      const w3 = rows > 3 ? w0 + 3 * row : w0;
      let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let tap = 0; tap < taps; tap++) {
        const at = tap * inputs;
        const from = tap * skip;
        for (let i = 0; i < inputs; i++) {
          const x = input[a + from + i]!;
          const y = input[b + from + i]!;
          const p = weights[w0 + at + i]!;
          const q = weights[w1 + at + i]!;
          const r = weights[w2 + at + i]!;
          const s = weights[w3 + at + i]!;
          a0 += x * p;
          b0 += y * p;
          a1 += x * q;
          b1 += y * q;
          a2 += x * r;
          b2 += y * r;
          a3 += x * s;
          b3 += y * s;
        }
      }
      output[outA + out] = a0 + bias[out]!;
      output[outB + out] = b0 + bias[out]!;
      if (rows > 1) {
        output[outA + out + 1] = a1 + bias[out + 1]!;
        output[outB + out + 1] = b1 + bias[out + 1]!;
      }
      if (rows > 2) {
        output[outA + out + 2] = a2 + bias[out + 2]!;
        output[outB + out + 2] = b2 + bias[out + 2]!;
      }
      if (rows > 3) {
        output[outA + out + 3] = a3 + bias[out + 3]!;
        output[outB + out + 3] = b3 + bias[out + 3]!;
      }
    }
  }
}
