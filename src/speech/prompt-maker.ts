/**
 * One exchange with one synthesizer: text -> audio -> a finished prompt, within a deadline over all of it. No cache, no
 * queue, no second try. Runs on the voice thread.
 */
import { type AudioFormat, bytesPerSample, durationMs, type PcmAudio } from '../audio/audio-format.ts';
import { containerOf } from '../audio/container.ts';
import { decodeG711 } from '../audio/g711.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { Clock, Timer } from '../clock.ts';
import { DeadlineError, ProviderError } from '../errors.ts';
import { PROMPT_DURATION_MAX_MS } from './recording.ts';
import type { Spoken } from './spoken.ts';
import type { SynthesizedSpeech, Synthesizer } from './synthesizer.ts';
import { promptTooLong, toReadyPrompt } from './to-ready-prompt.ts';
import { trimSilence } from './trim-silence.ts';

export interface ExchangeLimits {
  /** From the request to the last chunk. */
  readonly deadlineMs: number;
  /** From the answer's headers to its first chunk, and from each chunk to the next. */
  readonly stallMs: number;
}

export class PromptMaker {
  readonly #synthesizer: Synthesizer;
  readonly #clock: Clock;

  constructor(synthesizer: Synthesizer, clock: Clock) {
    this.#synthesizer = synthesizer;
    this.#clock = clock;
  }

  /**
   * Settles within the deadline or at the signal's abort, whatever the synthesizer does. Rejects with ProviderError,
   * DeadlineError, CapacityError (over 120 s of audio), or the signal's reason.
   */
  async make(
    key: string,
    spoken: Spoken,
    format: AudioFormat,
    limits: ExchangeLimits,
    signal: AbortSignal,
  ): Promise<ReadyPrompt> {
    const audio = await this.#speakInTime(spoken, format, limits, signal);
    return toReadyPrompt(key, trimSilence(audio), format);
  }

  #speakInTime(
    spoken: Spoken,
    format: AudioFormat,
    limits: ExchangeLimits,
    outer: AbortSignal,
  ): Promise<PcmAudio> {
    const { provider } = this.#synthesizer;
    const abort = new AbortController();
    return new Promise((resolve, reject) => {
      const timers = new Set<Timer>();
      const settle = (): void => {
        for (const timer of timers) this.#clock.clearTimer(timer);
        outer.removeEventListener('abort', onAbort);
      };
      const giveUp = (reason: unknown): void => {
        settle();
        abort.abort(reason);
        reject(reason);
      };
      const onAbort = (): void => giveUp(outer.reason);
      const giveUpIn = (delayMs: number, what: string): Timer => {
        const timer = this.#clock.setTimer(delayMs, () =>
          giveUp(new DeadlineError(`Expected ${what} from ${provider} within ${Math.round(delayMs)} ms`)),
        );
        timers.add(timer);
        return timer;
      };
      if (outer.aborted) {
        onAbort();
        return;
      }
      outer.addEventListener('abort', onAbort);
      giveUpIn(limits.deadlineMs, 'speech');
      let stall: Timer | null = null;
      const onProgress = (): void => {
        if (abort.signal.aborted) return;
        if (stall !== null) {
          this.#clock.clearTimer(stall);
          timers.delete(stall);
        }
        stall = giveUpIn(limits.stallMs, 'more speech');
      };
      // An outcome that comes after giving up settles a settled promise: nothing.
      this.#speak(spoken, format, abort.signal, onProgress).then(resolve, reject).finally(settle);
    });
  }

  async #speak(
    spoken: Spoken,
    playFormat: AudioFormat,
    signal: AbortSignal,
    onProgress: () => void,
  ): Promise<PcmAudio> {
    const { text, voice, language } = spoken;
    const speech = await this.#synthesizer.synthesize({ text, voice, language, playFormat }, signal);
    onProgress();
    const bytes = await collect(speech, signal, onProgress);
    if (bytes.length === 0) throw this.#unusable('no sound');
    if (bytes.length % bytesPerSample(speech.format.codec) !== 0) throw this.#unusable('half a sample');
    // The synthesizer has looked, too: this is the last place where noise can be told from speech.
    const container = containerOf(bytes);
    if (container !== 'raw') throw this.#unusable(`${container} in place of bare samples`);
    return { samples: toSamples(speech.format, bytes), sampleRateHz: speech.format.sampleRateHz };
  }

  #unusable(what: string): ProviderError {
    const { provider } = this.#synthesizer;
    return new ProviderError(`Expected audio from ${provider} for a prompt, received ${what}`, {
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

/** All of a stream in one array of its own, from offset 0. */
async function collect(
  speech: SynthesizedSpeech,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of speech.chunks) {
    signal.throwIfAborted();
    onProgress();
    pieces.push(chunk);
    length += chunk.length;
    if (durationMs(speech.format, length) > PROMPT_DURATION_MAX_MS) throw promptTooLong();
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
