/**
 * The caller's microphone: a queue of clips as 20 ms frames, with noise and echo if asked for. Each clip is cut and encoded
 * once for all calls that play it; a quiet line without noise or echo costs nothing per frame.
 */
import type { LineOptions } from './caller.ts';
import { LINEAR_TO_MULAW, MULAW_SILENCE, MULAW_TO_LINEAR } from './mulaw.ts';
import type { Random } from './random.ts';

/** 20 ms of 8 kHz mu-law. */
export const FRAME_BYTES = 160;
/** 1.28 s of noise, then the same again: no endpointer looks that far back. */
const NOISE_FRAMES = 64;

interface Clip {
  readonly frames: readonly Uint8Array[];
  readonly payloads: readonly string[];
}

const SILENT_FRAME = new Uint8Array(FRAME_BYTES).fill(MULAW_SILENCE);
const SILENT_PAYLOAD = Buffer.from(SILENT_FRAME).toString('base64');

/** Clips by the array they were made of; gone when the array is. */
const clips = new WeakMap<Uint8Array, Clip>();

export class CallerLine {
  #queue: Clip[] = [];
  #frameIndex = 0;
  readonly #noise: readonly Int16Array[];
  #noiseIndex = 0;
  readonly #echoGain: number;
  /** The last frames heard, oldest first; frame 0 is what comes back now. */
  readonly #echo: Uint8Array[];
  readonly #mixed = Buffer.alloc(FRAME_BYTES);

  constructor(options: LineOptions, random: Random) {
    this.#noise = options.noiseDbfs === undefined ? [] : makeNoise(options.noiseDbfs, random);
    this.#echoGain = options.echo === undefined ? 0 : 10 ** ((options.echo.gainDb ?? -30) / 20);
    const delayFrames =
      options.echo === undefined ? 0 : Math.max(1, Math.round((options.echo.delayMs ?? 60) / 20));
    this.#echo = Array.from({ length: delayFrames }, () => new Uint8Array(SILENT_FRAME));
  }

  get isSpeaking(): boolean {
    return this.#queue.length > 0;
  }

  say(mulaw: Uint8Array): void {
    if (mulaw.length > 0) this.#queue.push(toClip(mulaw));
  }

  fallSilent(): void {
    this.#queue = [];
    this.#frameIndex = 0;
  }

  /** One frame that the caller hears now, for the echo. */
  hear(frame: Uint8Array): void {
    const oldest = this.#echo.shift();
    if (oldest === undefined) return;
    oldest.set(frame);
    this.#echo.push(oldest);
  }

  /** Base64 of the next 20 ms of the caller. */
  next(): string {
    const clip = this.#queue[0];
    const index = this.#frameIndex;
    if (clip !== undefined) {
      this.#frameIndex += 1;
      if (this.#frameIndex === clip.frames.length) {
        this.#queue.shift();
        this.#frameIndex = 0;
      }
    }
    if (this.#noise.length === 0 && this.#echo.length === 0) return clip?.payloads[index] ?? SILENT_PAYLOAD;
    return this.#mix(clip?.frames[index] ?? SILENT_FRAME);
  }

  #mix(speech: Uint8Array): string {
    const noise = this.#noise[this.#noiseIndex++ % Math.max(1, this.#noise.length)];
    const echo = this.#echo[0];
    for (let index = 0; index < FRAME_BYTES; index += 1) {
      let sample = MULAW_TO_LINEAR[speech[index]!]!;
      if (noise !== undefined) sample += noise[index]!;
      if (echo !== undefined) sample += MULAW_TO_LINEAR[echo[index]!]! * this.#echoGain;
      const clamped = Math.max(-32_768, Math.min(32_767, Math.round(sample)));
      this.#mixed[index] = LINEAR_TO_MULAW[clamped & 0xffff]!;
    }
    return this.#mixed.toString('base64');
  }
}

function toClip(mulaw: Uint8Array): Clip {
  const known = clips.get(mulaw);
  if (known !== undefined) return known;
  const frames: Uint8Array[] = [];
  for (let at = 0; at < mulaw.length; at += FRAME_BYTES) {
    const frame = new Uint8Array(SILENT_FRAME);
    frame.set(mulaw.subarray(at, at + FRAME_BYTES));
    frames.push(frame);
  }
  const clip = { frames, payloads: frames.map((frame) => Buffer.from(frame).toString('base64')) };
  clips.set(mulaw, clip);
  return clip;
}

/** White noise of the wanted root mean square; a uniform value of +-peak has peak / sqrt(3). */
function makeNoise(levelDbfs: number, random: Random): Int16Array[] {
  const peak = 32_768 * 10 ** (levelDbfs / 20) * Math.sqrt(3);
  return Array.from({ length: NOISE_FRAMES }, () =>
    Int16Array.from({ length: FRAME_BYTES }, () =>
      Math.max(-32_768, Math.min(32_767, (random() * 2 - 1) * peak)),
    ),
  );
}
