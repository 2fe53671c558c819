/**
 * Start and end of speech by level over a noise floor that follows the line, and the sound of the utterance with its
 * pre-roll. One per call; all time is media time, in frames of 20 ms. The same rules as `../python/endpointer.py`.
 */
import { MULAW_TO_PCM16 } from './mulaw.ts';

export type SpeechEvent = 'none' | 'started' | 'ended' | 'discarded';

export const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const FULL_SCALE_POWER = 32_768 ** 2;
/** Softer than -50 dBFS is no speech on any line. */
const GATE_POWER = FULL_SCALE_POWER * 10 ** -5;
/** Speech is 9 dB over the floor. */
const SPEECH_TO_FLOOR_RATIO = 8;
/** The floor falls within some frames, and rises 1 dB a second: a word does not lift it, a fan does. */
const FLOOR_FALL = 0.25;
const FLOOR_RISE_RATIO = 10 ** (0.1 / 50);
/** Louder than -45 dBFS a first frame may be speech already: the floor starts no higher. */
const FIRST_FLOOR_POWER_MAX = FULL_SCALE_POWER * 10 ** -4.5;
/** 3 voiced of 4; 5 of 6 while a prompt plays, whose echo may come back. */
const ONSET = { window: 0b1111, voicedMin: 3 };
const BARGE_IN_ONSET = { window: 0b111111, voicedMin: 5 };
/** Fewer voiced frames are a click. */
const VOICED_MIN = 5;
/** What an utterance begins with: 300 ms, and the frames in which its onset was found. */
const PRE_ROLL_FRAMES = 20;
const UTTERANCE_MAX_FRAMES = 500;
const FIRST_CAPACITY_FRAMES = 75;

export class Endpointer {
  readonly #endFrames: number;
  /** The last frames, decoded; a slot is written over after so many more. */
  readonly #ring: readonly Int16Array[];
  #ringFrames = 0;
  #floorPower = -1;
  /** Bit n: the frame n frames ago was voiced. */
  #voiced = 0;
  #isListening = false;
  #utterance: Int16Array | null = null;
  #utteranceFrames = 0;
  #voicedFrames = 0;
  #quietFrames = 0;

  constructor(endOfSpeechMs: number) {
    this.#endFrames = Math.max(1, Math.round(endOfSpeechMs / FRAME_MS));
    const samples = new Int16Array(PRE_ROLL_FRAMES * FRAME_SAMPLES);
    this.#ring = Array.from({ length: PRE_ROLL_FRAMES }, (_, slot) =>
      samples.subarray(slot * FRAME_SAMPLES, (slot + 1) * FRAME_SAMPLES),
    );
  }

  get isInUtterance(): boolean {
    return this.#utterance !== null;
  }

  /** Speech counts from here on. */
  listen(): void {
    this.#isListening = true;
    this.#ringFrames = 0;
    this.#voiced = 0;
    this.#utterance = null;
  }

  /** Speech counts no more, nor does what was heard of an utterance. */
  ignore(): void {
    this.#isListening = false;
    this.#utterance = null;
  }

  /** One frame of 20 ms; others are passed over. */
  push(mulaw: Uint8Array, isPromptPlaying: boolean): SpeechEvent {
    if (mulaw.length !== FRAME_SAMPLES) return 'none';
    const frame = this.#ring[this.#ringFrames % PRE_ROLL_FRAMES]!;
    this.#ringFrames += 1;
    let sum = 0;
    for (let at = 0; at < FRAME_SAMPLES; at += 1) {
      const sample = MULAW_TO_PCM16[mulaw[at]!]!;
      frame[at] = sample;
      sum += sample * sample;
    }
    const isVoiced = this.#follow(sum / FRAME_SAMPLES);
    this.#voiced = ((this.#voiced << 1) | (isVoiced ? 1 : 0)) & 0xff;
    if (!this.#isListening) return 'none';
    if (this.#utterance !== null) return this.#continue(frame, isVoiced);
    const { window, voicedMin } = isPromptPlaying ? BARGE_IN_ONSET : ONSET;
    const voicedFrames = bitCount(this.#voiced & window);
    if (voicedFrames < voicedMin) return 'none';
    this.#begin(voicedFrames);
    return 'started';
  }

  /** 8 kHz; the caller's to keep. Once after `ended`. */
  takeUtterance(): Int16Array {
    const samples = (this.#utterance ?? new Int16Array(0)).subarray(0, this.#utteranceFrames * FRAME_SAMPLES);
    this.ignore();
    return samples;
  }

  /** Follows the noise floor; whether the frame stands out of it. */
  #follow(power: number): boolean {
    if (this.#floorPower < 0) this.#floorPower = Math.min(power, FIRST_FLOOR_POWER_MAX);
    else if (power < this.#floorPower) this.#floorPower += FLOOR_FALL * (power - this.#floorPower);
    else this.#floorPower = Math.min(power, Math.max(1, this.#floorPower) * FLOOR_RISE_RATIO);
    return power > GATE_POWER && power > SPEECH_TO_FLOOR_RATIO * this.#floorPower;
  }

  #begin(voicedFrames: number): void {
    this.#utterance = new Int16Array(FIRST_CAPACITY_FRAMES * FRAME_SAMPLES);
    this.#utteranceFrames = 0;
    this.#voicedFrames = voicedFrames;
    this.#quietFrames = 0;
    for (let index = Math.max(0, this.#ringFrames - PRE_ROLL_FRAMES); index < this.#ringFrames; index += 1) {
      this.#append(this.#ring[index % PRE_ROLL_FRAMES]!);
    }
  }

  #continue(frame: Int16Array, isVoiced: boolean): SpeechEvent {
    this.#append(frame);
    if (isVoiced) this.#voicedFrames += 1;
    this.#quietFrames = isVoiced ? 0 : this.#quietFrames + 1;
    if (this.#quietFrames < this.#endFrames && this.#utteranceFrames < UTTERANCE_MAX_FRAMES) return 'none';
    if (this.#voicedFrames >= VOICED_MIN) return 'ended';
    this.#utterance = null;
    this.#voiced = 0;
    return 'discarded';
  }

  #append(frame: Int16Array): void {
    const at = this.#utteranceFrames * FRAME_SAMPLES;
    if (at === this.#utterance!.length) {
      const larger = new Int16Array(2 * at);
      larger.set(this.#utterance!);
      this.#utterance = larger;
    }
    this.#utterance!.set(frame, at);
    this.#utteranceFrames += 1;
  }
}

/** Of a byte. */
function bitCount(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count += 1;
  return count;
}
