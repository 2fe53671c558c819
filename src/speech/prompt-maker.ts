/**
 * Makes a prompt: text or a WAV file -> audio -> the play format -> wire form with its levels, in shared memory. No
 * cache and no queue. Runs on the voice thread; resampling, coding and base64 are native.
 */
import { addon } from '../audio/addon.ts';
import { type AudioFormat, bytesPerSample, durationMs, type PcmAudio } from '../audio/audio-format.ts';
import { decodeG711, encodeG711 } from '../audio/g711.ts';
import { frameLevels, levelDbfs } from '../audio/level.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { Clock } from '../clock.ts';
import { CapacityError, ConfigError, DeadlineError, InvalidStateError, ProviderError } from '../errors.ts';
import type { PromptSource } from './prompt.ts';
import { PROMPT_DURATION_MAX_MS, readRecording } from './recording.ts';
import { resample } from './resample.ts';
import type { SynthesizedSpeech, Synthesizer } from './synthesizer.ts';

const SYNTHESIS_DEADLINE_MS = 10_000;
/** 60 ms of any format are whole groups of three bytes, so that every slice of the base64 begins at a frame. */
const STEP_MS = 60;
/** Synthesizers put up to 0.3 s of silence around a text; at every turn of a call that is dead air. */
const SILENCE_KEPT_MS = 50;
const SILENCE_BELOW_DBFS = -50;
const SILENCE_FRAME_MS = 10;
/** ITU-T G.711, after inversion of all bits: mu-law code of zero. */
const MULAW_ZERO = 0xff;
const ALAW_ZERO = 0xd5;

export class PromptMaker {
  readonly #synthesizer: Synthesizer;
  readonly #clock: Clock;

  constructor(synthesizer: Synthesizer, clock: Clock) {
    this.#synthesizer = synthesizer;
    this.#clock = clock;
  }

  /** Whose speech it makes; part of what names a cached prompt. */
  get provider(): string {
    return this.#synthesizer.provider;
  }

  /**
   * Settles within 10 s, whatever the synthesizer does. Rejects with ProviderError, DeadlineError or CapacityError (over
   * 120 s of audio), or with the file's own error.
   */
  async make(key: string, source: PromptSource, format: AudioFormat): Promise<ReadyPrompt> {
    const audio =
      source.kind === 'text'
        ? trimSilence(await this.#speakInTime(source, format))
        : recordedAudio(source.path);
    if (audio.samples.length === 0) throw this.#unusable('no sound');
    return toReadyPrompt(key, audio, format);
  }

  #speakInTime(source: PromptSource & { kind: 'text' }, format: AudioFormat): Promise<PcmAudio> {
    const abort = new AbortController();
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(SYNTHESIS_DEADLINE_MS, () => {
        const late = new DeadlineError(
          `Expected speech from ${this.#synthesizer.provider} within ${SYNTHESIS_DEADLINE_MS} ms`,
        );
        abort.abort(late);
        reject(late);
      });
      this.#speak(source, format, abort.signal)
        .then(resolve, reject)
        .finally(() => this.#clock.clearTimer(timer));
    });
  }

  async #speak(
    source: PromptSource & { kind: 'text' },
    playFormat: AudioFormat,
    signal: AbortSignal,
  ): Promise<PcmAudio> {
    const speech = await this.#synthesizer.synthesize({ ...source, playFormat }, signal);
    const bytes = await collect(speech, signal);
    if (bytes.length % bytesPerSample(speech.format.codec) !== 0) throw this.#unusable('half a sample');
    return { samples: toSamples(speech.format, bytes), sampleRateHz: speech.format.sampleRateHz };
  }

  #unusable(what: string): ProviderError {
    const provider = this.#synthesizer.provider;
    return new ProviderError(`Expected audio for a prompt, received ${what}`, {
      provider,
      fault: 'unusable',
    });
  }
}

function toSamples(format: AudioFormat, bytes: Uint8Array<ArrayBuffer>): Int16Array {
  return format.codec === 'pcm16'
    ? new Int16Array(bytes.buffer, 0, bytes.length / 2)
    : decodeG711(format.codec, bytes);
}

function toReadyPrompt(key: string, source: PcmAudio, format: AudioFormat): ReadyPrompt {
  const { samples } = resample(source, format.sampleRateHz);
  if ((samples.length / format.sampleRateHz) * 1000 > PROMPT_DURATION_MAX_MS) throw tooLong();
  const stepSamples = (format.sampleRateHz * STEP_MS) / 1000;
  if (!Number.isInteger(stepSamples)) {
    throw new InvalidStateError(
      `Expected a rate with whole samples in ${STEP_MS} ms, received ${format.sampleRateHz}`,
    );
  }
  const sampleCount = Math.ceil(samples.length / stepSamples) * stepSamples;
  const bytes = encode(samples, sampleCount, format);
  const wire = new Uint8Array(new SharedArrayBuffer((bytes.length / 3) * 4));
  addon.base64Encode(bytes, wire);
  // What is added at the end is silence, level 0.
  const levels = new Uint8Array(new SharedArrayBuffer(3 * (sampleCount / stepSamples)));
  levels.set(frameLevels(samples, format.sampleRateHz).subarray(0, levels.length));
  return {
    key,
    format,
    wire,
    levels,
    audioBytes: bytes.length,
    durationMs: durationMs(format, bytes.length),
  };
}

/** `sampleCount` samples in `format`: the audio, then silence. */
function encode(samples: Int16Array, sampleCount: number, format: AudioFormat): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sampleCount * bytesPerSample(format.codec));
  if (format.codec === 'pcm16') {
    bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  } else {
    bytes.fill(format.codec === 'mulaw' ? MULAW_ZERO : ALAW_ZERO);
    bytes.set(encodeG711(format.codec, samples));
  }
  return bytes;
}

function tooLong(): CapacityError {
  return new CapacityError(
    `Expected at most ${PROMPT_DURATION_MAX_MS / 1000} s of audio for a prompt, received more`,
  );
}

/** All of a stream in one array of its own, from offset 0. */
async function collect(speech: SynthesizedSpeech, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of speech.chunks) {
    signal.throwIfAborted();
    pieces.push(chunk);
    length += chunk.length;
    if (durationMs(speech.format, length) > PROMPT_DURATION_MAX_MS) throw tooLong();
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function recordedAudio(path: string): PcmAudio {
  const reading = readRecording(path);
  if (!reading.ok) throw new ConfigError(reading.reason);
  return reading.audio;
}

/** Without the silence at both ends but for 50 ms; all of it where nothing is louder than silence. */
function trimSilence(audio: PcmAudio): PcmAudio {
  const { samples, sampleRateHz } = audio;
  const frameSamples = Math.round((sampleRateHz * SILENCE_FRAME_MS) / 1000);
  const isLoud = (at: number): boolean =>
    levelDbfs(samples.subarray(at, Math.min(samples.length, at + frameSamples))) > SILENCE_BELOW_DBFS;
  let start = 0;
  while (start < samples.length && !isLoud(start)) start += frameSamples;
  if (start >= samples.length) return audio;
  let end = samples.length - (samples.length % frameSamples || frameSamples);
  while (end > start && !isLoud(end)) end -= frameSamples;
  const keptSamples = Math.round((sampleRateHz * SILENCE_KEPT_MS) / 1000);
  return {
    samples: samples.subarray(
      Math.max(0, start - keptSamples),
      Math.min(samples.length, end + frameSamples + keptSamples),
    ),
    sampleRateHz,
  };
}
