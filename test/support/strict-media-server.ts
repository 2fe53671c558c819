/**
 * A server of media streams that holds its carrier to Twilio's documentation, to the letter: each message's fields, order
 * and numbers. `ws` sees to the frames: an unmasked or malformed one ends the connection. A test says what it answers.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

const SILENCE = Buffer.alloc(160, 0xff);

export class StrictStream {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** What no carrier would have sent. */
  readonly faults: string[] = [];
  readonly closed: Promise<number>;
  readonly digits: string[] = [];
  readonly echoes: { readonly name: string; readonly atMs: number }[] = [];
  /** When each media message came. */
  readonly mediaAtMs: number[] = [];
  /** Those with sound in them: chunk numbers. */
  readonly loudChunks: number[] = [];
  start: Record<string, unknown> | null = null;
  stopped = false;
  streamSid = '';
  onStart: () => void = () => {};
  onMedia: (payload: Buffer) => void = () => {};
  onDigit: (digit: string) => void = () => {};
  onEcho: (name: string) => void = () => {};
  #messages = 0;
  #sequence = 0;
  #firstTimestampMs = 0;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', (error) => this.faults.push(error.message));
    socket.on('message', (bytes, isBinary) => {
      if (isBinary) this.faults.push('a binary message');
      this.#take(bytes.toString());
    });
  }

  /** Sends so much audio, in messages of a second. */
  play(durationMs: number): void {
    for (let left = durationMs * 8; left > 0; left -= 8000) {
      const payload = Buffer.alloc(Math.min(left, 8000), 0x55).toString('base64');
      this.send({ event: 'media', streamSid: this.streamSid, media: { payload } });
    }
  }

  mark(name: string): void {
    this.send({ event: 'mark', streamSid: this.streamSid, mark: { name } });
  }

  clear(): void {
    this.send({ event: 'clear', streamSid: this.streamSid });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  #take(text: string): void {
    const message = JSON.parse(text) as Record<string, Record<string, string> & string>;
    const { event } = message;
    this.#messages += 1;
    if (this.#messages === 1) {
      if (text !== '{"event":"connected","protocol":"Call","version":"1.0.0"}') this.#fault(text);
      return;
    }
    if (this.stopped || (this.#messages === 2) !== ((event as unknown) === 'start')) this.#fault(text);
    this.#sequence += 1;
    if (message['sequenceNumber'] !== String(this.#sequence)) this.#fault(text);
    if (event !== undefined && (event as unknown) !== 'start' && message['streamSid'] !== this.streamSid)
      this.#fault(text);
    this.#event(event as unknown as string, message, text);
  }

  #event(event: string, message: Record<string, Record<string, string>>, text: string): void {
    const fields: Record<string, readonly string[]> = {
      start: ['event', 'sequenceNumber', 'start', 'streamSid'],
      media: ['event', 'media', 'sequenceNumber', 'streamSid'],
      dtmf: ['dtmf', 'event', 'sequenceNumber', 'streamSid'],
      mark: ['event', 'mark', 'sequenceNumber', 'streamSid'],
      stop: ['event', 'sequenceNumber', 'stop', 'streamSid'],
    };
    if (Object.keys(message).sort().join() !== fields[event]?.join()) this.#fault(text);
    const body = message[event] ?? {};
    const keys = Object.keys(body).sort().join();
    switch (event) {
      case 'start':
        if (keys !== 'accountSid,callSid,customParameters,mediaFormat,streamSid,tracks') this.#fault(text);
        this.start = body;
        this.streamSid = body['streamSid'] ?? '';
        this.onStart();
        break;
      case 'media':
        if (keys !== 'chunk,payload,timestamp,track' || body['track'] !== 'inbound') this.#fault(text);
        this.#media(body, text);
        break;
      case 'dtmf':
        if (keys !== 'digit,track' || body['track'] !== 'inbound_track') this.#fault(text);
        this.digits.push(body['digit'] ?? '');
        this.onDigit(body['digit'] ?? '');
        break;
      case 'mark':
        if (keys !== 'name') this.#fault(text);
        this.echoes.push({ name: body['name'] ?? '', atMs: performance.now() });
        this.onEcho(body['name'] ?? '');
        break;
      case 'stop':
        if (keys !== 'accountSid,callSid') this.#fault(text);
        this.stopped = true;
        break;
    }
  }

  #media(body: Record<string, string>, text: string): void {
    const payload = Buffer.from(body['payload'] ?? '', 'base64');
    if (payload.length !== 160 || payload.toString('base64') !== body['payload']) this.#fault(text);
    if (this.mediaAtMs.length === 0) this.#firstTimestampMs = Number(body['timestamp']);
    const index = this.mediaAtMs.push(performance.now()) - 1;
    if (body['chunk'] !== String(index + 1)) this.#fault(text);
    if (body['timestamp'] !== String(this.#firstTimestampMs + 20 * index)) this.#fault(text);
    if (!payload.equals(SILENCE)) this.loudChunks.push(index + 1);
    this.onMedia(payload);
  }

  #fault(text: string): void {
    if (this.faults.length < 10) this.faults.push(text);
  }
}

export class StrictMediaServer {
  readonly streams: StrictStream[] = [];
  readonly port: number;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  /** Upgrades are answered with 503. */
  refuse = false;
  /** Told of each stream as it opens: sets its hooks. */
  onStream: (stream: StrictStream) => void = () => {};

  private constructor(http: Server) {
    this.#http = http;
    this.port = (http.address() as AddressInfo).port;
    this.#sockets = new WebSocketServer({
      server: http,
      perMessageDeflate: false,
      verifyClient: (_, answer) => (this.refuse ? answer(false, 503) : answer(true)),
    });
    this.#sockets.on('connection', (socket, request) => {
      const stream = new StrictStream(socket, request);
      this.streams.push(stream);
      this.onStream(stream);
    });
  }

  static async start(): Promise<StrictMediaServer> {
    const http = createServer((_, response) => response.writeHead(503).end());
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return new StrictMediaServer(http);
  }

  async close(): Promise<void> {
    for (const { socket } of this.streams) socket.terminate();
    await new Promise<void>((resolve) => this.#sockets.close(() => resolve()));
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }
}
