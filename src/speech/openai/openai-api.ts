/**
 * A thread's way to OpenAI, or to a server that speaks its API: the official SDK over our own transport, without its
 * retries, its waiting and its log. Deadlines are the caller's, by the signal. One instance a thread. What callers say goes
 * another way, `transcription-api.ts`.
 */
import { OpenAI } from 'openai';
import type { Clock } from '../../clock.ts';
import { LeanFetch } from './lean-fetch.ts';
import { ANSWER_MAX_BYTES, OPENAI_BASE_URL, type OpenAiServer } from './openai-server.ts';
import { toProviderError } from './sdk-failure.ts';

/** 10 min of 24 kHz PCM16. What a prompt may last is the voice thread's rule. */
const SPEECH_MAX_BYTES = 10 * 60 * 24_000 * 2;
/** Only the last resort: every request has a signal with a deadline. */
const SDK_TIMEOUT_MS = 600_000;

export interface OpenAiApiOptions {
  readonly settings: OpenAiServer;
  readonly clock: Clock;
  /** `whole` for text, `stream` for speech: see LeanFetch. */
  readonly body: 'whole' | 'stream';
}

export class OpenAiApi {
  readonly #clock: Clock;
  readonly #transport: LeanFetch;
  readonly #client: OpenAI;

  constructor({ settings, clock, body }: OpenAiApiOptions) {
    this.#clock = clock;
    this.#transport = new LeanFetch({
      clock,
      body,
      bodyMaxBytes: body === 'whole' ? ANSWER_MAX_BYTES : SPEECH_MAX_BYTES,
    });
    this.#client = new OpenAI({
      // All that the SDK would otherwise take from the environment, behind the back of config.ts.
      apiKey: settings.apiKey ?? 'none',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      baseURL: settings.baseUrl ?? OPENAI_BASE_URL,
      // A server that asks for no key gets none.
      ...(settings.apiKey === null ? { defaultHeaders: { Authorization: null } } : {}),
      fetch: this.#transport.fetch,
      maxRetries: 0,
      timeout: SDK_TIMEOUT_MS,
      // At `debug` it would log transcripts.
      logLevel: 'off',
    });
  }

  /**
   * What `ask` gets from the SDK. Rejects with ProviderError of this `provider`, or with the signal's reason, unchanged,
   * once it is aborted. `ask` must hand the signal to the SDK.
   */
  async request<T>(
    provider: string,
    signal: AbortSignal,
    ask: (client: OpenAI) => PromiseLike<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await ask(this.#client);
    } catch (thrown) {
      throw this.toFailure(thrown, provider, signal);
    }
  }

  /** What to throw for `thrown`, for bodies that are read after `request`. */
  toFailure(thrown: unknown, provider: string, signal: AbortSignal): unknown {
    return signal.aborted ? signal.reason : toProviderError(thrown, provider, this.#clock.wallMs());
  }

  /** Breaks every connection. Idempotent. */
  close(): void {
    this.#transport.close();
  }
}
