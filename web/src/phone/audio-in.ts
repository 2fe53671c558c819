/** The microphone, or silence in its place for who uses the keypad only: frames of PCM16 at the device's own rate. */
import captureWorkletUrl from './capture.worklet.ts?worker&url';
import type { PcmFrame } from './pcm-frames.ts';
import { startContext } from './start-context.ts';

/** What the server takes (its native resampler's rates); a device at another rate is resampled by the browser. */
const RATES_HZ: readonly number[] = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];
const OTHERWISE_HZ = 48_000;

/** Barge-in without headphones depends on the first: else the bot would hear itself. */
const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};

export interface AudioInEvents {
  onFrame(frame: PcmFrame): void;
  /** The microphone was unplugged or taken away; silence follows. */
  onLost(): void;
}

/** Asks the caller. Rejects with a DOMException whose name says why (`microphoneSentence`). */
export function askForMicrophone(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ audio: MICROPHONE });
}

export class AudioIn {
  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  readonly #track: MediaStreamTrack | null;

  private constructor(context: AudioContext, stream: MediaStream | null, events: AudioInEvents) {
    this.#context = context;
    this.#track = stream?.getAudioTracks()[0] ?? null;
    this.#node = new AudioWorkletNode(context, 'capture', { channelCount: 1, channelCountMode: 'explicit' });
    this.#node.port.onmessage = ({ data }: MessageEvent<PcmFrame>) => events.onFrame(data);
    // Without a way to the destination it would not run; it puts nothing out.
    this.#node.connect(context.destination);
    if (stream !== null) context.createMediaStreamSource(stream).connect(this.#node);
    this.#track?.addEventListener('ended', () => events.onLost());
  }

  static async open(stream: MediaStream | null, events: AudioInEvents): Promise<AudioIn> {
    let context = new AudioContext({ latencyHint: 'interactive' });
    if (!RATES_HZ.includes(context.sampleRate)) {
      void context.close();
      context = new AudioContext({ latencyHint: 'interactive', sampleRate: OTHERWISE_HZ });
    }
    const starting = startContext(context);
    await context.audioWorklet.addModule(captureWorkletUrl);
    await starting;
    return new AudioIn(context, stream, events);
  }

  get sampleRateHz(): number {
    return this.#context.sampleRate;
  }

  /** A muted microphone sends silence: the server hears that the line is alive. */
  mute(isMuted: boolean): void {
    if (this.#track !== null) this.#track.enabled = !isMuted;
  }

  /** Idempotent. The browser's sign that it records goes off. */
  close(): void {
    this.#node.port.onmessage = null;
    this.#track?.stop();
    if (this.#context.state !== 'closed') void this.#context.close();
  }
}
