/**
 * A stand-in for ElevenLabs over real HTTP: speech as a stream, and the description of a voice. It rejects what the real one
 * rejects, in both of its shapes, so that a request which passes here is well formed. It speaks a tone as long as the text.
 */
import type { Clock } from '../../clock.ts';
import { elevenLabsSpeech, isElevenLabsFormat, type Mp3Source } from './elevenlabs-speech.ts';
import { checkSpeechBody, type SpeechBody } from './elevenlabs-speech-body.ts';
import { type FaultSource, jsonReply, type VendorReply } from './vendor-fault.ts';
import { type VendorAnswer, type VendorRequest, VendorServer } from './vendor-server.ts';

/** Of a request that was accepted. */
export interface ElevenLabsSpoken {
  readonly text: string;
  readonly voiceId: string;
  readonly modelId: string;
  readonly languageCode: string | null;
  readonly outputFormat: string;
}

export interface ElevenLabsVendorOptions {
  readonly clock: Clock;
  readonly apiKey: string;
  /** Of voices that there are. */
  readonly voiceIds: readonly string[];
  /** Speech requests at once; above it: 429 `too_many_concurrent_requests`. Default 10. */
  readonly concurrencyMax?: number;
  /** What the key may do; default both. Without one: 401 `missing_permissions`. */
  readonly permissions?: readonly ('text_to_speech' | 'voices_read')[];
  /** The finished file for each rate; absent: the plan has no MP3. */
  readonly mp3?: Mp3Source;
  readonly latencyMs?: number;
  readonly fault?: FaultSource;
}

/** Model -> characters that one request may have. */
const MODELS: ReadonlyMap<string, number> = new Map([
  ['eleven_flash_v2_5', 40_000],
  ['eleven_turbo_v2_5', 40_000],
  ['eleven_flash_v2', 30_000],
  ['eleven_turbo_v2', 30_000],
  ['eleven_multilingual_v2', 10_000],
  ['eleven_v3', 10_000],
]);
const DEFAULT_MODEL = 'eleven_multilingual_v2';
const DEFAULT_FORMAT = 'mp3_44100_128';
const CONCURRENCY_DEFAULT = 10;
/** An odd number: chunks split samples. */
const PIECE_BYTES = 1001;
const SPEECH_PATH = /^\/v1\/text-to-speech\/([^/]+)\/stream$/;
const VOICE_PATH = /^\/v1\/voices\/([^/]+)$/;

export class ElevenLabsVendor {
  /** In order, of requests that were accepted. */
  readonly spoken: ElevenLabsSpoken[] = [];
  /** The most at once since the start. */
  speakingMax = 0;
  readonly #options: ElevenLabsVendorOptions;
  #server: VendorServer | null = null;
  #speaking = 0;

  private constructor(options: ElevenLabsVendorOptions) {
    this.#options = options;
  }

  static async listen(options: ElevenLabsVendorOptions, port = 0): Promise<ElevenLabsVendor> {
    const vendor = new ElevenLabsVendor(options);
    const { clock, latencyMs = 0, fault } = options;
    vendor.#server = await VendorServer.listen(
      {
        clock,
        latencyMs,
        ...(fault === undefined ? {} : { fault }),
        answer: (request) => vendor.#answer(request),
      },
      port,
    );
    return vendor;
  }

  get server(): VendorServer {
    return this.#server!;
  }

  /** For `ELEVENLABS_BASE_URL`. */
  get origin(): string {
    return this.server.origin;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #answer(request: VendorRequest): VendorAnswer {
    const speech = SPEECH_PATH.exec(request.path);
    const voice = VOICE_PATH.exec(request.path);
    if (speech === null && voice === null) return reject(jsonReply(404, { detail: 'Not Found' }));
    if (request.method !== (speech === null ? 'GET' : 'POST'))
      return reject(jsonReply(405, { detail: 'Method Not Allowed' }));
    const refusal = this.#checkKey(request, speech === null ? 'voices_read' : 'text_to_speech');
    if (refusal !== null) return reject(refusal);
    const voiceId = decodeURIComponent((speech ?? voice)![1]!);
    if (speech !== null) return this.#speak(voiceId, request);
    if (!this.#options.voiceIds.includes(voiceId)) return reject(noVoice(voiceId));
    return {
      accepted: true,
      reply: jsonReply(200, { voice_id: voiceId, name: 'Tone', category: 'premade' }),
    };
  }

  #checkKey(request: VendorRequest, permission: 'text_to_speech' | 'voices_read'): VendorReply | null {
    const key = request.headers['xi-api-key'];
    if (key === undefined) {
      return failure(401, 'needs_authorization', 'Neither authorization header nor xi-api-key received');
    }
    if (key !== this.#options.apiKey) return failure(401, 'invalid_api_key', 'Invalid API key');
    const { permissions } = this.#options;
    if (permissions === undefined || permissions.includes(permission)) return null;
    return failure(
      401,
      'missing_permissions',
      `The API key you used is missing the permission ${permission} to execute this operation.`,
    );
  }

  #speak(voiceId: string, request: VendorRequest): VendorAnswer {
    const outputFormat = request.query.get('output_format') ?? DEFAULT_FORMAT;
    if (!isElevenLabsFormat(outputFormat)) {
      return reject(invalid('enum', ['query', 'output_format'], outputFormat));
    }
    if (request.headers['content-type']?.split(';')[0] !== 'application/json') {
      return reject(invalid('model_attributes_type', ['body'], request.body.toString('latin1', 0, 40)));
    }
    const reading = checkSpeechBody(request.body);
    if (!reading.ok) return reject(invalid(reading.type, ['body', ...reading.loc], reading.input));
    const { body } = reading;
    const refusal = this.#checkSpeech(voiceId, body, outputFormat);
    if (refusal !== null) return reject(refusal);
    if (this.#speaking >= (this.#options.concurrencyMax ?? CONCURRENCY_DEFAULT)) {
      return reject(failure(429, 'too_many_concurrent_requests', 'Too many concurrent requests'));
    }
    this.#speaking += 1;
    this.speakingMax = Math.max(this.speakingMax, this.#speaking);
    this.spoken.push({
      text: body.text,
      voiceId,
      modelId: body.model_id ?? DEFAULT_MODEL,
      languageCode: body.language_code ?? null,
      outputFormat,
    });
    const { bytes, contentType } = elevenLabsSpeech(body.text, outputFormat, this.#options.mp3);
    return {
      accepted: true,
      reply: { status: 200, headers: { 'content-type': contentType }, body: bytes, pieceBytes: PIECE_BYTES },
      onEnd: () => {
        this.#speaking -= 1;
      },
    };
  }

  #checkSpeech(voiceId: string, body: SpeechBody, outputFormat: string): VendorReply | null {
    const modelId = body.model_id ?? DEFAULT_MODEL;
    const charactersMax = MODELS.get(modelId);
    if (!this.#options.voiceIds.includes(voiceId)) return noVoice(voiceId);
    if (charactersMax === undefined) {
      return failure(400, 'model_not_found', 'A model with the specified ID could not be found.');
    }
    if (body.text.trim() === '') return failure(400, 'input_text_empty', 'Input text is empty.');
    if (body.text.length > charactersMax) {
      return failure(400, 'max_character_limit_exceeded', `At most ${charactersMax} characters.`);
    }
    if (body.language_code !== undefined && !modelId.endsWith('_v2_5')) {
      return failure(400, 'unsupported_language', `Model ${modelId} does not support language enforcement.`);
    }
    if (outputFormat.startsWith('mp3_') && this.#options.mp3 === undefined) {
      return failure(403, 'output_format_not_allowed', 'Your plan does not include this output format.');
    }
    return null;
  }
}

function reject(reply: VendorReply): VendorAnswer {
  return { accepted: false, reply };
}

function failure(status: number, code: string, message: string): VendorReply {
  return jsonReply(status, { detail: { status: code, message } });
}

function noVoice(voiceId: string): VendorReply {
  return failure(404, 'voice_not_found', `A voice with the voice_id ${voiceId} was not found.`);
}

function invalid(type: string, loc: readonly string[], input: unknown): VendorReply {
  return jsonReply(422, { detail: [{ type, loc, msg: 'Input is not what was expected', input }] });
}
