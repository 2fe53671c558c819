/** The WebSocket of the simulated Realtime API: the handshake, the wire, and what goes wrong on it. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../clock.ts';
import { isRecord, type JsonRecord } from './json-body.ts';
import { type CommittedUtterance, OpenAiLiveSession } from './openai-live-session.ts';
import type { ReceivedUtterance } from './openai-transcription.ts';

/** What happens in place of a transcript, or of the handshake. */
export type LiveFault =
  /** The handshake is answered with a status and OpenAI's error of this code. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: string; readonly retryAfter?: string }
  /** The handshake is never answered. */
  | { readonly kind: 'hang-handshake' }
  | { readonly kind: 'failed'; readonly type: string; readonly code: string }
  | { readonly kind: 'error'; readonly type: string; readonly code: string }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'close'; readonly closeCode: number }
  /** This very message. */
  | { readonly kind: 'raw'; readonly message: string | Uint8Array };

/** Asked at each handshake and at each commit. */
export type LiveFaultSource = (at: 'handshake' | 'commit') => LiveFault | null;

export interface OpenAiRealtimeOptions {
  readonly clock: Clock;
  readonly apiKey: string;
  readonly retiredModels: readonly string[];
  readonly transcribe: (utterance: ReceivedUtterance) => string;
  readonly latencyMs: number;
  readonly fault?: LiveFaultSource;
}

const MESSAGE_MAX_BYTES = 20 * 1024 * 1024;

export class OpenAiRealtime {
  readonly commits: CommittedUtterance[] = [];
  /** Every event that a client sent, by type, in order. */
  readonly events: string[] = [];
  /** Every error that a client's event got. */
  readonly errors: string[] = [];
  sessionsOpened = 0;
  readonly #options: OpenAiRealtimeOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_MAX_BYTES,
  });

  constructor(options: OpenAiRealtimeOptions) {
    this.#options = options;
  }

  get openSessions(): number {
    return this.#server.clients.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.headers.authorization !== `Bearer ${this.#options.apiKey}`) {
      refuse(socket, 401, 'invalid_api_key');
    } else if (url.pathname !== '/v1/realtime' || url.searchParams.get('intent') !== 'transcription') {
      refuse(socket, 400, 'missing_model');
    } else if (url.searchParams.has('model') || request.headers['openai-beta'] !== undefined) {
      refuse(socket, 400, 'invalid_parameter');
    } else {
      const fault = this.#options.fault?.('handshake') ?? null;
      if (fault?.kind === 'refuse') refuse(socket, fault.status, fault.code, fault.retryAfter);
      else if (fault?.kind === 'hang-handshake') {
        // Nobody else reads it now, and only a reader sees the client go.
        socket.on('end', () => socket.destroy());
        socket.resume();
      } else {
        this.#server.handleUpgrade(request, socket, head, (client) => this.#open(client));
      }
    }
  }

  /** Breaks every session, as a restart of the vendor does; new ones can be opened. */
  breakSessions(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  /** Resolves once every client has answered a ping: what was sent to and fro before it has arrived. */
  async roundTrip(): Promise<void> {
    const answers = [...this.#server.clients].map(
      (client) =>
        new Promise<void>((resolve) => {
          const arrived = (): void => {
            client.off('pong', arrived);
            client.off('close', arrived);
            resolve();
          };
          client.on('pong', arrived);
          client.on('close', arrived);
          client.ping();
        }),
    );
    await Promise.all(answers);
  }

  #open(client: WebSocket): void {
    this.sessionsOpened += 1;
    const session = new OpenAiLiveSession(this.#options.retiredModels);
    const say = (event: JsonRecord): void => {
      if (event['type'] === 'error') this.errors.push(JSON.stringify(event['error']));
      client.send(JSON.stringify({ event_id: `event_${this.events.length}`, ...event }));
    };
    client.on('error', () => {});
    client.on('message', (data, isBinary) => {
      const event = isBinary ? null : parseEvent(data.toString());
      if (event === null) {
        const error = { type: 'invalid_request_error', code: 'invalid_json', message: 'Could not parse' };
        say({ type: 'error', error });
        return;
      }
      this.events.push(String(event['type']));
      const { replies, committed } = session.receive(event);
      for (const reply of replies) say(reply);
      if (committed !== null) this.#commit(committed, client, say);
    });
    say({
      type: 'session.created',
      session: { type: 'transcription', object: 'realtime.transcription_session' },
    });
  }

  #commit(committed: CommittedUtterance, client: WebSocket, say: (event: JsonRecord) => void): void {
    this.commits.push(committed);
    const { clock, latencyMs, fault } = this.#options;
    const act = (): void => this.#transcribe(committed, fault?.('commit') ?? null, client, say);
    if (latencyMs === 0) act();
    else clock.setTimer(latencyMs, act);
  }

  #transcribe(
    { itemId, utterance }: CommittedUtterance,
    fault: LiveFault | null,
    client: WebSocket,
    say: (event: JsonRecord) => void,
  ): void {
    const about = { item_id: itemId, content_index: 0 };
    switch (fault?.kind) {
      case undefined: {
        const transcript = this.#options.transcribe(utterance);
        const kind = 'conversation.item.input_audio_transcription';
        say({ type: `${kind}.delta`, ...about, delta: transcript });
        say({ type: `${kind}.completed`, ...about, transcript, usage: { type: 'duration', seconds: 1 } });
        return;
      }
      case 'failed': {
        const { type, code } = fault;
        const error = { type, code, message: 'Transcription failed' };
        say({ type: 'conversation.item.input_audio_transcription.failed', ...about, error });
        return;
      }
      case 'error': {
        const { type, code } = fault;
        say({ type: 'error', error: { type, code, message: 'Something went wrong' } });
        return;
      }
      case 'reset':
        client.terminate();
        return;
      case 'close':
        client.close(fault.closeCode);
        return;
      case 'raw':
        client.send(fault.message);
        return;
      default:
        return;
    }
  }
}

function parseEvent(text: string): JsonRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function refuse(socket: Duplex, status: number, code: string, retryAfter?: string): void {
  const body = JSON.stringify({
    error: { message: 'Refused', type: 'invalid_request_error', param: null, code },
  });
  const headers = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
