/**
 * ElevenLabs by its official SDK. The SDK costs 1.7 s of CPU and 100 MB to load (its text-to-speech client alone; the whole
 * package 2.5 s), so it is loaded when the first text is to be spoken, or by `preload`. It retries nothing and its own
 * time-out is only a last resort: whoever calls decides both. Voice thread.
 */
import type { TextToSpeechClient } from '@elevenlabs/elevenlabs-js/api/resources/textToSpeech/client/Client.js';
import { CONTAINER_BYTES, containerOf } from '../../audio/container.ts';
import { decodeMp3 } from '../../audio/mp3.ts';
import type { ElevenLabsSettings } from '../../channel/speech-settings.ts';
import type { Clock } from '../../clock.ts';
import { ProviderError } from '../../errors.ts';
import { PROMPT_DURATION_MAX_MS } from '../recording.ts';
import type { SpeechRequest, SynthesizedSpeech, Synthesizer } from '../synthesizer.ts';
import {
  elevenLabsUnusable,
  PROVIDER,
  toElevenLabsFailure,
  toElevenLabsUnreachable,
} from './elevenlabs-failure.ts';
import { createHttpFetch } from './http-fetch.ts';
import { type OutputFormat, outputFormatFor, parseOutputFormat } from './output-format.ts';

/** Above every deadline that we set: the SDK's timer must never be the one that decides. */
const SDK_TIMEOUT_S = 150;
/** 192 kbit/s, the most that ElevenLabs has, for the longest prompt; and a tag. */
const MP3_BYTES_MAX = (192_000 / 8) * (PROMPT_DURATION_MAX_MS / 1000) + 64 * 1024;

/** What the SDK is used for. */
export type TextToSpeech = Pick<TextToSpeechClient, 'stream'>;

export class ElevenLabsSynthesizer implements Synthesizer {
  readonly provider = PROVIDER;
  readonly model: string;
  readonly defaultVoice: string;
  readonly #settings: ElevenLabsSettings;
  readonly #clock: Clock;
  #client: Promise<TextToSpeech> | null = null;

  constructor(settings: ElevenLabsSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    const { model, outputFormat, voiceId } = settings;
    // Coded at another rate it sounds otherwise.
    this.model = outputFormat === null ? model : `${model}/${outputFormat}`;
    this.defaultVoice = voiceId;
  }

  isVoice(name: string): boolean {
    return name === this.#settings.voiceId || /^[A-Za-z0-9]{20}$/.test(name);
  }

  /** Loads the SDK now, which blocks the thread for more than a second. Idempotent. */
  async preload(): Promise<void> {
    await this.#open();
  }

  async synthesize(request: SpeechRequest, signal: AbortSignal): Promise<SynthesizedSpeech> {
    signal.throwIfAborted();
    this.#checkText(request.text);
    const output = this.#outputFor(request);
    const client = await this.#open();
    signal.throwIfAborted();
    const answer = await client
      .stream(
        request.voice,
        {
          text: request.text,
          modelId: this.#settings.model,
          // The SDK's list of names is a union type; the name was checked against our own.
          outputFormat: output.name as 'ulaw_8000',
          ...this.#languageOf(request),
        },
        { maxRetries: 0, timeoutInSeconds: SDK_TIMEOUT_S, abortSignal: signal },
      )
      .withRawResponse()
      .catch((thrown: unknown) => {
        signal.throwIfAborted();
        throw this.#toFailure(thrown);
      });
    const { status, headers } = answer.rawResponse;
    const body: unknown = answer.data;
    // Of an answer without a body the SDK makes an object that says so.
    if (!(body instanceof ReadableStream)) throw elevenLabsUnusable('no audio at all', status);
    const type = (headers.get('content-type') ?? '').toLowerCase();
    if (status !== 200 || /^(text\/|application\/json|application\/(.+\+)?xml)/.test(type)) {
      await body.cancel().catch(() => {});
      throw elevenLabsUnusable(
        status === 200 ? `text in place of audio (${type.split(';')[0]})` : `status ${status}`,
        status,
      );
    }
    const chunks = readBody(body as ReadableStream<Uint8Array>, signal);
    return {
      format: output.format,
      chunks: output.kind === 'mp3' ? decoded(chunks, output) : checked(chunks),
    };
  }

  #open(): Promise<TextToSpeech> {
    this.#client ??= import('@elevenlabs/elevenlabs-js/api/resources/textToSpeech/client/Client.js').then(
      ({ TextToSpeechClient }) => {
        const { apiKey, baseUrl } = this.#settings;
        return new TextToSpeechClient({
          apiKey,
          ...(baseUrl === null ? {} : { baseUrl }),
          fetch: createHttpFetch(this.#clock),
        });
      },
    );
    return this.#client;
  }

  #checkText(text: string): void {
    const charactersMax = charactersMaxOf(this.#settings.model);
    if (text.trim() === '') throw refused('words to speak, received none');
    if (text.length > charactersMax) {
      throw refused(`at most ${charactersMax} characters to speak, received ${text.length}`);
    }
  }

  #outputFor(request: SpeechRequest): OutputFormat {
    const { outputFormat } = this.#settings;
    if (outputFormat === null) return outputFormatFor(request.playFormat);
    const output = parseOutputFormat(outputFormat);
    if (output === null) throw refused(`a format of ElevenLabs for its audio, received ${outputFormat}`);
    return output;
  }

  /** Told to a model that takes it: one or two words alone do not show their language. The others refuse to be told. */
  #languageOf(request: SpeechRequest): { languageCode?: string } {
    const code = request.language.split('-')[0]!.toLowerCase();
    return /_v2_5$/.test(this.#settings.model) && /^[a-z]{2}$/.test(code) ? { languageCode: code } : {};
  }

  #toFailure(thrown: unknown): ProviderError {
    const { statusCode, body, rawResponse } = thrown as {
      statusCode?: unknown;
      body?: unknown;
      rawResponse?: { headers?: Headers };
    };
    if (typeof statusCode !== 'number') return toElevenLabsUnreachable(thrown);
    const retryAfter = rawResponse?.headers?.get('retry-after') ?? null;
    return toElevenLabsFailure({ statusCode, body, retryAfter }, this.#clock.wallMs());
  }
}

/** Characters that one request may have, by model (ElevenLabs, Models). */
function charactersMaxOf(model: string): number {
  if (/^eleven_(flash|turbo)_v2_5/.test(model)) return 40_000;
  return /^eleven_(flash|turbo)_v2/.test(model) ? 30_000 : 10_000;
}

function refused(expected: string): ProviderError {
  return new ProviderError(`Expected ${expected}`, { provider: PROVIDER, fault: 'refused' });
}

async function* readBody(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    signal.throwIfAborted();
    throw toElevenLabsUnreachable(thrown);
  }
}

/** Bare samples, once enough has come to see that they are no file and no page. */
async function* checked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  let isChecked = false;
  for await (const chunk of chunks) {
    if (isChecked) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < CONTAINER_BYTES) continue;
    isChecked = true;
    yield checkedStart(start);
  }
  if (!isChecked) yield checkedStart(start);
}

function checkedStart(start: Uint8Array): Uint8Array {
  if (start.length === 0) throw elevenLabsUnusable('no audio at all', 200);
  const container = containerOf(start);
  if (container !== 'raw') throw elevenLabsUnusable(`${container} in place of bare samples`, 200);
  return start;
}

/** An MP3 is decoded whole; until then each piece of it is an empty chunk, so that it is seen to come. */
async function* decoded(chunks: AsyncIterable<Uint8Array>, output: OutputFormat): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MP3_BYTES_MAX) throw elevenLabsUnusable(`more than ${MP3_BYTES_MAX} bytes of MP3`, 200);
    pieces.push(chunk);
    yield new Uint8Array(0);
  }
  if (bytes === 0) throw elevenLabsUnusable('no audio at all', 200);
  const reading = await decodeMp3(Buffer.concat(pieces), PROMPT_DURATION_MAX_MS);
  if (!reading.ok) throw elevenLabsUnusable(`no MP3 of ${output.name}: ${reading.reason}`, 200);
  const { samples, sampleRateHz } = reading.audio;
  if (sampleRateHz !== output.format.sampleRateHz)
    throw elevenLabsUnusable(`an MP3 of ${sampleRateHz} Hz for ${output.name}`, 200);
  yield new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}
