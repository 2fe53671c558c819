/**
 * OpenAI's /audio/transcriptions, or a self-hosted server's that speaks it: one form a request, over our own transport. Not
 * by the official SDK, whose part of a request takes as long as all else of it together (bench/recognizer.ts): every answer
 * of every caller is such a request. Deadlines are the caller's, by the signal. One instance a thread.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../clock.ts';
import { LeanFetch, type WholeAnswer } from './lean-fetch.ts';
import { toAnswerError, toTransportError, toUnusable } from './openai-failure.ts';
import { ANSWER_MAX_BYTES, addressOf, identityOf, type OpenAiServer } from './openai-server.ts';
import { FORM_CONTENT_TYPE } from './transcription-form.ts';

const PROVIDER = 'openai';

export interface TranscriptionApiOptions {
  readonly settings: OpenAiServer;
  readonly clock: Clock;
}

export class TranscriptionApi {
  readonly #clock: Clock;
  readonly #transport: LeanFetch;
  readonly #target: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ settings, clock }: TranscriptionApiOptions) {
    this.#clock = clock;
    this.#transport = new LeanFetch({ clock, body: 'whole', bodyMaxBytes: ANSWER_MAX_BYTES });
    this.#target = new URL(addressOf(settings, '/audio/transcriptions'));
    this.#headers = {
      ...identityOf(settings),
      accept: 'application/json',
      'content-type': FORM_CONTENT_TYPE,
    };
  }

  /** The answer's JSON, not looked into. Rejects with ProviderError, or with the signal's reason, unchanged. */
  async transcribe(form: Uint8Array, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    let answer: WholeAnswer;
    try {
      answer = await this.#transport.post(this.#target, this.#headers, form, signal);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : toTransportError(thrown, PROVIDER);
    }
    if (answer.status >= 300) throw toAnswerError(PROVIDER, answer, this.#clock.wallMs());
    if (!isJson(answer.headers)) throw toUnusable(PROVIDER, 'no JSON object');
    try {
      return JSON.parse(answer.body.toString());
    } catch {
      throw toUnusable(PROVIDER, 'JSON that ends early or is none');
    }
  }

  /** Breaks every connection. Idempotent. */
  close(): void {
    this.#transport.close();
  }
}

function isJson(headers: IncomingHttpHeaders): boolean {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || type.endsWith('+json');
}
