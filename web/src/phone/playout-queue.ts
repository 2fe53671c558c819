/**
 * What the bot says, between the network and the loudspeaker: a queue of audio and marks, and a jitter buffer before its
 * first sample. After every silence it waits until `JITTER_MS` of audio are there, or have not come in that time. Pure;
 * runs in the audio thread.
 */
const JITTER_MS = 60;
/** The server leads by about a second; what is more than this much ahead belongs to no server of ours and is dropped. */
const QUEUE_MAX_MS = 60_000;

type Item = Int16Array | string;

export class PlayoutQueue {
  readonly #jitterSamples: number;
  readonly #maxSamples: number;
  /** Audio, and the names of marks between. */
  readonly #items: Item[] = [];
  #queuedSamples = 0;
  /** Position in the first item, when that is audio. */
  #position = 0;
  /** Samples of silence played since audio came into an empty queue; null while it plays. */
  #heldSamples: number | null = 0;

  constructor(sampleRateHz: number) {
    this.#jitterSamples = (sampleRateHz * JITTER_MS) / 1000;
    this.#maxSamples = (sampleRateHz * QUEUE_MAX_MS) / 1000;
  }

  get isPlaying(): boolean {
    return this.#heldSamples === null;
  }

  /** False when there was no room for it. */
  push(samples: Int16Array): boolean {
    if (samples.length === 0) return true;
    if (this.#queuedSamples + samples.length > this.#maxSamples) return false;
    this.#items.push(samples);
    this.#queuedSamples += samples.length;
    return true;
  }

  mark(name: string): void {
    this.#items.push(name);
  }

  /** Drops all audio; returns the marks that will never be reached. */
  clear(): readonly string[] {
    const marks = this.#items.filter((item) => typeof item === 'string');
    this.#items.length = 0;
    this.#queuedSamples = 0;
    this.#position = 0;
    this.#heldSamples = 0;
    return marks;
  }

  /** Fills `output`, from -1 to 1, with silence where there is nothing to play; `onMark` for every mark that was reached. */
  pull(output: Float32Array, onMark: (name: string) => void): void {
    output.fill(0);
    this.#takeMarks(onMark);
    if (this.#queuedSamples === 0) {
      this.#heldSamples = 0;
      return;
    }
    if (this.#heldSamples !== null) {
      if (this.#queuedSamples < this.#jitterSamples && this.#heldSamples < this.#jitterSamples) {
        this.#heldSamples += output.length;
        return;
      }
      this.#heldSamples = null;
    }
    for (let index = 0; index < output.length && this.#queuedSamples > 0; index++) {
      const chunk = this.#items[0] as Int16Array;
      output[index] = chunk[this.#position++]! / 32768;
      this.#queuedSamples--;
      if (this.#position < chunk.length) continue;
      this.#items.shift();
      this.#position = 0;
      this.#takeMarks(onMark);
    }
  }

  #takeMarks(onMark: (name: string) => void): void {
    while (typeof this.#items[0] === 'string') onMark(this.#items.shift() as string);
  }
}
