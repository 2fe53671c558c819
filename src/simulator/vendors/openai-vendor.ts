/**
 * OpenAI as a server on the loopback: real HTTP and WebSocket, its shapes, its refusals. It rejects whatever the real one
 * is known to reject, and keeps what it accepted. Tests, benchmarks and the demo run against it.
 */
import type { Clock } from '../../clock.ts';
import { parseJsonBody } from './json-body.ts';
import { chatReply, type ReceivedChat, readChat } from './openai-chat.ts';
import { OPENAI_MODELS } from './openai-models.ts';
import { type LiveFaultSource, OpenAiRealtime } from './openai-realtime.ts';
import { errorReply, modelNotFound } from './openai-reply.ts';
import { type ReceivedSpeech, readSpeech } from './openai-speech.ts';
import { type ReceivedUtterance, readTranscription } from './openai-transcription.ts';
import { type FaultSource, jsonReply } from './vendor-fault.ts';
import { type VendorAnswer, type VendorRequest, VendorServer } from './vendor-server.ts';

export interface OpenAiVendorOptions {
  readonly clock: Clock;
  readonly port?: number;
  readonly apiKey?: string;
  /** Models of its list that it no longer has. */
  readonly retiredModels?: readonly string[];
  /** What it hears; "yes" if absent. */
  readonly transcribe?: (utterance: ReceivedUtterance) => string;
  /** 24 kHz; 20 ms of a tone for each character if absent. */
  readonly speak?: (speech: ReceivedSpeech) => Int16Array;
  /** The content of its message, as the model would write it; `{"answer":null}` if absent. */
  readonly complete?: (chat: ReceivedChat) => string;
  readonly latencyMs?: number;
  /** Of requests that it accepts. */
  readonly fault?: FaultSource;
  /** Of the Realtime API. */
  readonly liveFault?: LiveFaultSource;
}

/** An odd number, so that pieces split samples as the real ones do. */
const SPEECH_PIECE_BYTES = 4095;

export class OpenAiVendor {
  readonly utterances: ReceivedUtterance[] = [];
  readonly speeches: ReceivedSpeech[] = [];
  readonly chats: ReceivedChat[] = [];
  /** What it said to each request that it rejected. */
  readonly rejections: string[] = [];
  readonly realtime: OpenAiRealtime;
  readonly #options: OpenAiVendorOptions;
  #server: VendorServer | null = null;

  private constructor(options: OpenAiVendorOptions) {
    this.#options = options;
    this.realtime = new OpenAiRealtime({
      clock: options.clock,
      apiKey: this.apiKey,
      retiredModels: options.retiredModels ?? [],
      transcribe: (utterance) => this.#transcribe(utterance),
      latencyMs: options.latencyMs ?? 0,
      ...(options.liveFault === undefined ? {} : { fault: options.liveFault }),
    });
  }

  static async listen(options: OpenAiVendorOptions): Promise<OpenAiVendor> {
    const vendor = new OpenAiVendor(options);
    const { clock, port, latencyMs, fault } = options;
    vendor.#server = await VendorServer.listen(
      {
        clock,
        ...(latencyMs === undefined ? {} : { latencyMs }),
        ...(fault === undefined ? {} : { fault }),
        answer: (request) => vendor.#answer(request),
        upgrade: (request, socket, head) => vendor.realtime.upgrade(request, socket, head),
      },
      port,
    );
    return vendor;
  }

  get apiKey(): string {
    return this.#options.apiKey ?? 'sk-simulated';
  }

  get baseUrl(): string {
    return `${this.server.origin}/v1`;
  }

  get server(): VendorServer {
    return this.#server!;
  }

  close(): Promise<void> {
    this.realtime.breakSessions();
    return this.server.close();
  }

  #answer(request: VendorRequest): VendorAnswer {
    const answer = this.#route(request);
    if (!answer.accepted) this.rejections.push(String(answer.reply.body));
    return answer;
  }

  #route(request: VendorRequest): VendorAnswer {
    const denial = keyProblem(request.headers.authorization, this.apiKey);
    if (denial !== null) return { accepted: false, reply: denial };
    const { method, path } = request;
    if (method === 'GET' && path.startsWith('/v1/models/'))
      return this.#model(path.slice('/v1/models/'.length));
    switch (`${method} ${path}`) {
      case 'POST /v1/audio/transcriptions':
        return this.#transcription(request);
      case 'POST /v1/audio/speech':
        return this.#speech(request);
      case 'POST /v1/chat/completions':
        return this.#chat(request);
      default:
        return rejected(errorReply(404, `Invalid URL (${method} ${path})`));
    }
  }

  #model(id: string): VendorAnswer {
    const name = decodeURIComponent(id);
    const model = OPENAI_MODELS.get(name);
    if (model === undefined || this.#retired.includes(name)) return rejected(modelNotFound(name));
    const reply = { id: name, object: 'model', created: 1_686_935_002, owned_by: 'system' };
    return accepted(jsonReply(200, { ...reply, shutdown_date: model.shutdownDate }));
  }

  #transcription(request: VendorRequest): VendorAnswer {
    const reading = readTranscription(request, this.#retired);
    if (!reading.ok) return rejected(reading.reply);
    const text = this.#transcribe(reading.utterance);
    const seconds = Math.ceil(reading.utterance.samples.length / reading.utterance.sampleRateHz);
    return accepted(
      jsonReply(200, { text, usage: { type: 'duration', seconds } }, { 'x-request-id': 'req_simulated' }),
    );
  }

  #transcribe(utterance: ReceivedUtterance): string {
    this.utterances.push(utterance);
    return this.#options.transcribe?.(utterance) ?? 'yes';
  }

  #speech(request: VendorRequest): VendorAnswer {
    const body = parseJsonBody(request.body, request.headers['content-type']);
    if (body === null) return rejected(errorReply(400, 'We could not parse the JSON body of your request.'));
    const reading = readSpeech(body, this.#retired);
    if (!reading.ok) return rejected(reading.reply);
    this.speeches.push(reading.speech);
    const samples = this.#options.speak?.(reading.speech) ?? tone(reading.speech.input.length * 480);
    return accepted({
      status: 200,
      headers: { 'content-type': 'audio/pcm', 'x-request-id': 'req_simulated' },
      body: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
      pieceBytes: SPEECH_PIECE_BYTES,
    });
  }

  #chat(request: VendorRequest): VendorAnswer {
    const body = parseJsonBody(request.body, request.headers['content-type']);
    if (body === null) return rejected(errorReply(400, 'We could not parse the JSON body of your request.'));
    const reading = readChat(body, this.#retired);
    if (!reading.ok) return rejected(reading.reply);
    this.chats.push(reading.chat);
    return accepted(
      chatReply(reading.chat.model, this.#options.complete?.(reading.chat) ?? '{"answer":null}'),
    );
  }

  get #retired(): readonly string[] {
    return this.#options.retiredModels ?? [];
  }
}

/** Null if the key is right. */
function keyProblem(authorization: string | undefined, apiKey: string) {
  if (authorization === undefined) return errorReply(401, "You didn't provide an API key.");
  if (authorization === `Bearer ${apiKey}`) return null;
  return errorReply(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
}

function accepted(reply: VendorAnswer['reply']): VendorAnswer {
  return { accepted: true, reply };
}

function rejected(reply: VendorAnswer['reply']): VendorAnswer {
  return { accepted: false, reply };
}

/** 440 Hz at 24 kHz. */
function tone(sampleCount: number): Int16Array {
  return Int16Array.from({ length: sampleCount }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * index) / 24_000)),
  );
}
