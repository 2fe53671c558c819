/**
 * The yes/no network: a temporal convolution net with attention pooling, the twin of `training/yes-no/network.py`
 * with batch normalization folded into the weights. Owns its scratch memory; one caller at a time.
 *
 *   features 100/s -> enter (5 taps, stride 2) -> early residual          64 channels, 50/s
 *                  -> narrow (stride 2) -> two late residuals             96 channels, 25/s
 *                  -> 4 attention pools over time -> dense -> softmax
 */
import { Convolution, type ConvolutionShape, PADDING_FRAMES } from './convolution.ts';

export interface LayerWeights {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

const BANDS = 32;
const EARLY = 64;
const LATE = 96;
const POOLS = 4;

const conv = (inputs: number, outputs: number, taps: number, stride = 1, dilation = 1): ConvolutionShape => ({
  inputs,
  outputs,
  taps,
  stride,
  dilation,
});

/** The layers in the order of the weights file, for a network that tells `classCount` classes apart. */
export const layerShapes = (classCount: number): readonly ConvolutionShape[] => [
  conv(BANDS, EARLY, 5, 2),
  conv(EARLY, EARLY, 3),
  conv(EARLY, EARLY, 3),
  conv(EARLY, LATE, 3, 2),
  conv(LATE, LATE, 3),
  conv(LATE, LATE, 3),
  conv(LATE, LATE, 3, 1, 2),
  conv(LATE, LATE, 3, 1, 2),
  conv(LATE, POOLS, 1),
  conv(LATE * POOLS, classCount, 1),
];

export class Network {
  /** Where the features go before `run`: frame-major, after `PADDING_FRAMES` zero frames. */
  readonly input: Float64Array;
  readonly inputOffset = PADDING_FRAMES * BANDS;
  /** The class probabilities of the last `run`. */
  readonly probabilities: Float64Array;
  readonly #layers: readonly Convolution[];
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #c: Float64Array;
  readonly #pooled = new Float64Array((2 * PADDING_FRAMES + 1) * LATE * POOLS);
  readonly #logits: Float64Array;

  /** `layers` in the order of `layerShapes`; `input` may be shared by several networks. */
  constructor(classCount: number, layers: readonly LayerWeights[], input: Float64Array) {
    this.#layers = layerShapes(classCount).map((shape, i) => {
      const layer = layers[i]!;
      return new Convolution(shape, layer.weights, layer.bias);
    });
    this.input = input;
    const frames = input.length / BANDS;
    const scratch = (Math.ceil(frames / 2) + 2 * PADDING_FRAMES) * LATE;
    this.#a = new Float64Array(scratch);
    this.#b = new Float64Array(scratch);
    this.#c = new Float64Array(scratch);
    this.probabilities = new Float64Array(classCount);
    this.#logits = new Float64Array((2 * PADDING_FRAMES + 1) * classCount);
  }

  /** Classifies the first `frames` frames of `input`, at least one. The frames after them are overwritten with zeros. */
  run(frames: number): void {
    const [enter, early1, early2, narrow, late1, late2, late3, late4, attention, decide] = this
      .#layers as readonly Convolution[] & { 0: Convolution };
    const a = this.#a;
    const b = this.#b;
    const c = this.#c;
    this.input.fill(0, 0, this.inputOffset);
    this.input.fill(
      0,
      this.inputOffset + frames * BANDS,
      this.inputOffset + (frames + PADDING_FRAMES) * BANDS,
    );
    let steps = enter!.apply(this.input, frames, a, true);
    early1!.apply(a, steps, b, true);
    early2!.apply(b, steps, c, true, a);
    steps = narrow!.apply(c, steps, a, true);
    late1!.apply(a, steps, b, true);
    late2!.apply(b, steps, c, true, a);
    late3!.apply(c, steps, a, true);
    late4!.apply(a, steps, b, true, c);
    attention!.apply(b, steps, a, false);
    this.#pool(b, a, steps);
    decide!.apply(this.#pooled, 1, this.#logits, false);
    softmax(this.#logits, PADDING_FRAMES * this.probabilities.length, this.probabilities);
  }

  /** Each pool is a mean of the frames, weighted by a softmax over time of that pool's attention. */
  #pool(frames: Float64Array, attention: Float64Array, steps: number): void {
    const base = PADDING_FRAMES * LATE * POOLS;
    this.#pooled.fill(0);
    for (let pool = 0; pool < POOLS; pool++) {
      let highest = -Infinity;
      for (let t = 0; t < steps; t++)
        highest = Math.max(highest, attention[(PADDING_FRAMES + t) * POOLS + pool]!);
      let total = 0;
      const to = base + pool * LATE;
      for (let t = 0; t < steps; t++) {
        const weight = Math.exp(attention[(PADDING_FRAMES + t) * POOLS + pool]! - highest);
        total += weight;
        const from = (PADDING_FRAMES + t) * LATE;
        for (let i = 0; i < LATE; i++)
          this.#pooled[to + i] = this.#pooled[to + i]! + weight * frames[from + i]!;
      }
      for (let i = 0; i < LATE; i++) this.#pooled[to + i] = this.#pooled[to + i]! / total;
    }
  }
}

function softmax(logits: Float64Array, offset: number, into: Float64Array): void {
  let highest = -Infinity;
  for (let i = 0; i < into.length; i++) highest = Math.max(highest, logits[offset + i]!);
  let total = 0;
  for (let i = 0; i < into.length; i++) {
    into[i] = Math.exp(logits[offset + i]! - highest);
    total += into[i]!;
  }
  for (let i = 0; i < into.length; i++) into[i] = into[i]! / total;
}
