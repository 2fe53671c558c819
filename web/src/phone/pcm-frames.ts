/** Cuts what a microphone gives into frames of 20 ms PCM16, each with its level. Pure; runs in the audio thread. */
const FRAMES_PER_SECOND = 50;
const LEVEL_MIN_DBFS = -90;

export interface PcmFrame {
  /** Little-endian, as every browser's platform is; the receiver's to keep. */
  readonly samples: Int16Array<ArrayBuffer>;
  readonly levelDbfs: number;
}

export class PcmFrames {
  readonly #frameSamples: number;
  #frame: Int16Array<ArrayBuffer>;
  #filled = 0;
  #energy = 0;

  constructor(sampleRateHz: number) {
    // 11,025 Hz makes 220.5: any length from 10 to 100 ms is taken.
    this.#frameSamples = Math.round(sampleRateHz / FRAMES_PER_SECOND);
    this.#frame = new Int16Array(this.#frameSamples);
  }

  /** `samples` from -1 to 1; louder ones are clipped. `onFrame` is called for each frame that is full. */
  push(samples: Float32Array, onFrame: (frame: PcmFrame) => void): void {
    for (const sample of samples) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.#frame[this.#filled++] = Math.round(clipped * 32767);
      this.#energy += clipped * clipped;
      if (this.#filled < this.#frameSamples) continue;
      const levelDbfs = Math.max(LEVEL_MIN_DBFS, 10 * Math.log10(this.#energy / this.#frameSamples + 1e-9));
      onFrame({ samples: this.#frame, levelDbfs });
      this.#frame = new Int16Array(this.#frameSamples);
      this.#filled = 0;
      this.#energy = 0;
    }
  }
}
