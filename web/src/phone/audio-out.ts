/** The loudspeaker: a context at the rate of the bot's audio, so that the browser itself resamples to the device's. */

import playbackWorkletUrl from './playback.worklet.ts?worker&url';
import type { FromPlayback, ToPlayback } from './playback-messages.ts';
import { startContext } from './start-context.ts';

export interface AudioOutEvents {
  /** The audio before this mark was played, or dropped by `clear`. */
  onMark(name: string): void;
  onPlaying(isPlaying: boolean): void;
}

export class AudioOut {
  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  /** False: the browser does not let it run, as without any output device. */
  readonly isRunning: boolean;

  private constructor(context: AudioContext, isRunning: boolean, events: AudioOutEvents) {
    this.#context = context;
    this.isRunning = isRunning;
    this.#node = new AudioWorkletNode(context, 'playback', { numberOfInputs: 0, outputChannelCount: [1] });
    this.#node.port.onmessage = ({ data }: MessageEvent<FromPlayback>) => {
      if (data.kind === 'mark') events.onMark(data.name);
      else events.onPlaying(data.isPlaying);
    };
    this.#node.connect(context.destination);
  }

  static async open(sampleRateHz: number, events: AudioOutEvents): Promise<AudioOut> {
    const context = new AudioContext({ sampleRate: sampleRateHz, latencyHint: 'interactive' });
    const starting = startContext(context);
    await context.audioWorklet.addModule(playbackWorkletUrl);
    return new AudioOut(context, await starting, events);
  }

  /** PCM16 at the context's rate; taken over. */
  play(pcm: ArrayBuffer): void {
    this.#post({ kind: 'audio', pcm }, [pcm]);
  }

  mark(name: string): void {
    this.#post({ kind: 'mark', name });
  }

  clear(): void {
    this.#post({ kind: 'clear' });
  }

  /** Idempotent. */
  close(): void {
    this.#node.port.onmessage = null;
    if (this.#context.state !== 'closed') void this.#context.close();
  }

  #post(message: ToPlayback, transfer: Transferable[] = []): void {
    this.#node.port.postMessage(message, transfer);
  }
}
