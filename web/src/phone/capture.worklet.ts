/** The microphone's end in the audio thread: frames of 20 ms to the page. Without a microphone it gives silence. */
import { type PcmFrame, PcmFrames } from './pcm-frames.ts';

class Capture extends AudioWorkletProcessor {
  readonly #frames = new PcmFrames(sampleRate);
  readonly #silence = new Float32Array(128);
  readonly #send = (frame: PcmFrame): void => this.port.postMessage(frame, [frame.samples.buffer]);

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    this.#frames.push(inputs[0]?.[0] ?? this.#silence, this.#send);
    return true;
  }
}

registerProcessor('capture', Capture);
