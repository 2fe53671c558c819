/** The loudspeaker's end in the audio thread: plays what the page sends, tells it of marks, and of when the bot is heard. */
import type { FromPlayback, ToPlayback } from './playback-messages.ts';
import { PlayoutQueue } from './playout-queue.ts';

class Playback extends AudioWorkletProcessor {
  readonly #queue = new PlayoutQueue(sampleRate);
  #wasPlaying = false;
  readonly #reached = (name: string): void => this.#tell({ kind: 'mark', name });

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToPlayback>) => {
      if (data.kind === 'audio') this.#queue.push(new Int16Array(data.pcm));
      else if (data.kind === 'mark') this.#queue.mark(data.name);
      else for (const name of this.#queue.clear()) this.#reached(name);
    };
  }

  process(_inputs: unknown, outputs: readonly (readonly Float32Array[])[]): boolean {
    const output = outputs[0]?.[0];
    if (output === undefined) return true;
    this.#queue.pull(output, this.#reached);
    const { isPlaying } = this.#queue;
    if (isPlaying !== this.#wasPlaying) this.#tell({ kind: 'playing', isPlaying });
    this.#wasPlaying = isPlaying;
    return true;
  }

  #tell(message: FromPlayback): void {
    this.port.postMessage(message);
  }
}

registerProcessor('playback', Playback);
