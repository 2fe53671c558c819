/**
 * OpenAI's /audio/speech, or a self-hosted server's that speaks it: text to 24 kHz PCM16, as it is made. Runs on the voice
 * thread. OpenAI ends the models of this endpoint on 6 January 2027 and has named none to follow, so it must not be the
 * only voice of a server that means to stay.
 */
import type { AudioFormat } from '../../audio/audio-format.ts';
import { ProviderError } from '../../errors.ts';
import type { SpeechRequest, SynthesizedSpeech, Synthesizer } from '../synthesizer.ts';
import type { OpenAiApi } from './openai-api.ts';
import { toUnusable } from './openai-failure.ts';

export interface OpenAiVoice {
  readonly model: string;
  /** One of OpenAI's, or any that a self-hosted server has. */
  readonly defaultVoice: string;
}

export const OPENAI_VOICES: ReadonlySet<string> = new Set([
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'fable',
  'onyx',
  'nova',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
]);

const PROVIDER = 'openai';
/** What `pcm` means at this endpoint; it has no other rate. */
const FORMAT: AudioFormat = { codec: 'pcm16', sampleRateHz: 24_000, channels: 1 };
const TEXT_CHARACTERS_MAX = 4096;
/** Enough to tell a container or a text from samples. */
const SNIFFED_BYTES = 4;

export class OpenAiSynthesizer implements Synthesizer {
  readonly provider = PROVIDER;
  readonly model: string;
  readonly defaultVoice: string;
  readonly #api: OpenAiApi;

  /** `api` streams bodies. */
  constructor(api: OpenAiApi, { model, defaultVoice }: OpenAiVoice) {
    this.#api = api;
    this.model = model;
    this.defaultVoice = defaultVoice;
  }

  isVoice(name: string): boolean {
    return OPENAI_VOICES.has(name) || name === this.defaultVoice;
  }

  async synthesize({ text, voice }: SpeechRequest, signal: AbortSignal): Promise<SynthesizedSpeech> {
    signal.throwIfAborted();
    if (!this.isVoice(voice)) throw refused('a voice that OpenAI has', 'another');
    if (text.trim() === '' || text.length > TEXT_CHARACTERS_MAX) {
      throw refused(`1 to ${TEXT_CHARACTERS_MAX} characters to speak`, `${text.length}`);
    }
    const response = await this.#api.request(PROVIDER, signal, (client) =>
      client.audio.speech.create(
        { model: this.model, voice, input: text, response_format: 'pcm' },
        { signal },
      ),
    );
    const body = this.#bytesOf(response, signal);
    const start = await readStart(body);
    const what = textOrContainer(response.headers.get('content-type'), start);
    if (what !== null) {
      await body.return(undefined);
      throw toUnusable(PROVIDER, what);
    }
    return { format: FORMAT, chunks: startThenRest(start, body) };
  }

  async *#bytesOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (response.body === null) return;
    try {
      for await (const chunk of response.body) yield chunk;
    } catch (thrown) {
      throw this.#api.toFailure(thrown, PROVIDER, signal);
    }
  }
}

/** At least `SNIFFED_BYTES`, fewer only if that is all. */
async function readStart(body: AsyncGenerator<Uint8Array, void, undefined>): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < SNIFFED_BYTES) {
    const next = await body.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return start;
}

/** Leaving the loop early returns `body` too, which ends the request. */
async function* startThenRest(
  start: Uint8Array,
  body: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield start;
    yield* body;
  } finally {
    await body.return(undefined);
  }
}

/** What came in place of samples, null if they are samples. Played, anything else is loud noise. */
function textOrContainer(contentType: string | null, start: Uint8Array): string | null {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isAudio = type === '' || type === 'application/octet-stream' || type.startsWith('audio/');
  if (!isAudio) return 'text in place of audio';
  if (start.length === 0) return 'no audio';
  const name = Buffer.from(start.subarray(0, SNIFFED_BYTES)).toString('latin1');
  if (/^(RIFF|OggS|fLaC|ID3)/.test(name)) return 'a container in place of samples';
  if (/^(\{\s*"|<!|<ht)/i.test(name)) return 'text in place of audio';
  return null;
}

function refused(expected: string, received: string): ProviderError {
  return new ProviderError(`Expected ${expected}, received ${received}`, {
    provider: PROVIDER,
    fault: 'refused',
  });
}
