/**
 * A page's end of a browser call, over real sockets: asks for a session, sends 20 ms of audio every 20 ms, plays what the bot says
 * in real time and sends its marks back when they are heard. Shares nothing with the server but the shape of the messages.
 */
import { expect, vi } from 'vitest';
import { type RawData, WebSocket } from 'ws';

const FRAME_MS = 20;
const PLAY_BYTES_PER_MS = 32;
/** The bot's turn is over once nothing more has come for so long behind its last mark. */
const TURN_SILENCE_MS = 350;

/** What is said (samples at the caller's rate), the keys that are pressed, or nothing. */
export type BrowserAnswer = Int16Array | string | null;

export interface Session {
  readonly callSid: string;
  readonly streamUrl: string;
  readonly callToken: string;
  readonly expiresInSeconds: number;
  readonly play: { readonly codec: string; readonly sampleRateHz: number };
}

export interface SessionAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface BrowserMessageSeen {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** `body` null: none is sent. `headers`: beside the origin of the page, which is the server's own. */
export async function askSession(
  port: number,
  body: string | null = null,
  headers: Readonly<Record<string, string>> = {},
): Promise<SessionAnswer> {
  const origin = `http://127.0.0.1:${port}`;
  const response = await fetch(`${origin}/api/sessions`, {
    method: 'POST',
    headers: { Origin: origin, 'Content-Type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** A session of a new call, or of the call of `callToken`. Rejects where it is refused. */
export async function openSession(port: number, callToken: string | null = null): Promise<Session> {
  const { body, status } = await askSession(port, callToken === null ? null : JSON.stringify({ callToken }));
  if (status !== 201) throw new Error(`no session: ${status} ${JSON.stringify(body)}`);
  return body as unknown as Session;
}

export interface BrowserCallerOptions {
  readonly sampleRateHz?: number;
  /** By the node that asked, for its tries in turn, the last one again and again. */
  readonly answers?: Readonly<Record<string, readonly BrowserAnswer[]>>;
  /** Said over the first question as soon as it is heard. */
  readonly interruption?: Int16Array;
}

export class BrowserCaller {
  readonly session: Session;
  readonly socket: WebSocket;
  readonly messages: BrowserMessageSeen[] = [];
  /** Resolves with the close code and its reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Of the bot's audio, all that came. */
  heardBytes = 0;
  readonly #options: BrowserCallerOptions;
  readonly #rateHz: number;
  readonly #tries = new Map<string, number>();
  #said = new Int16Array(0);
  #sentFrames = 0;
  #startedAtMs = 0;
  #mouth: NodeJS.Timeout | null = null;
  #playoutEndAtMs = 0;
  readonly #marks = new Map<string, NodeJS.Timeout>();
  #turn: NodeJS.Timeout | null = null;
  #askedNode = '';

  private constructor(port: number, session: Session, options: BrowserCallerOptions) {
    this.session = session;
    this.#options = options;
    this.#rateHz = options.sampleRateHz ?? 48_000;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${session.streamUrl}`, {
      headers: { Origin: `http://127.0.0.1:${port}` },
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        this.#fallSilent();
        resolve({ code, reason: reason.toString() });
      });
    });
    this.socket.on('error', () => {});
    this.socket.on('open', () => this.#begin());
    this.socket.on('message', (data: RawData, isBinary) => this.#take(data as Buffer, isBinary));
  }

  static async call(
    port: number,
    options: BrowserCallerOptions = {},
    callToken: string | null = null,
  ): Promise<BrowserCaller> {
    return new BrowserCaller(port, await openSession(port, callToken), options);
  }

  /** What the server said in the end; undefined where it could not say it. */
  get ended(): BrowserMessageSeen | undefined {
    return this.messages.findLast(({ event }) => event === 'ended');
  }

  notes(kind: string): readonly BrowserMessageSeen[] {
    return this.messages.filter(({ event, kind: noted }) => event === 'note' && noted === kind);
  }

  /** Resolves with the bot's first audio. */
  async hearsUs(): Promise<void> {
    await vi.waitFor(() => expect(this.heardBytes).toBeGreaterThan(0), { timeout: 10_000, interval: 10 });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  say(samples: Int16Array): void {
    const joined = new Int16Array(this.#said.length + samples.length);
    joined.set(this.#said);
    joined.set(samples, this.#said.length);
    this.#said = joined;
  }

  /** As a network that is gone. */
  drop(): void {
    this.#fallSilent();
    this.socket.terminate();
  }

  #begin(): void {
    this.send({ event: 'start', sampleRateHz: this.#rateHz });
    this.#startedAtMs = performance.now();
    this.#mouth = setInterval(() => this.#speak(), FRAME_MS);
  }

  #speak(): void {
    const dueFrames = Math.floor((performance.now() - this.#startedAtMs) / FRAME_MS);
    const frameSamples = (this.#rateHz * FRAME_MS) / 1000;
    for (; this.#sentFrames < dueFrames; this.#sentFrames++) {
      const frame = new Int16Array(frameSamples);
      frame.set(this.#said.subarray(0, frameSamples));
      this.#said = this.#said.subarray(frameSamples);
      this.socket.send(Buffer.from(frame.buffer));
    }
  }

  #take(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#play(data);
      return;
    }
    const message = JSON.parse(data.toString()) as BrowserMessageSeen;
    this.messages.push(message);
    switch (message.event) {
      case 'mark':
        this.#awaitMark(String(message['name']));
        return;
      case 'clear':
        this.#playoutEndAtMs = 0;
        for (const name of [...this.#marks.keys()]) this.#heardUpTo(name);
        return;
      case 'note':
        if (message['kind'] === 'question') this.#askedNode = String(message['node']);
        return;
      default:
    }
  }

  #play(audio: Buffer): void {
    if (this.heardBytes === 0 && this.#options.interruption !== undefined)
      this.say(this.#options.interruption);
    this.heardBytes += audio.length;
    this.#playoutEndAtMs =
      Math.max(this.#playoutEndAtMs, performance.now()) + audio.length / PLAY_BYTES_PER_MS;
    if (this.#turn !== null) clearTimeout(this.#turn);
  }

  #awaitMark(name: string): void {
    const delayMs = Math.max(0, this.#playoutEndAtMs - performance.now());
    this.#marks.set(
      name,
      setTimeout(() => this.#heardUpTo(name), delayMs),
    );
  }

  #heardUpTo(name: string): void {
    clearTimeout(this.#marks.get(name));
    this.#marks.delete(name);
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.send({ event: 'mark', name });
    if (this.#turn !== null) clearTimeout(this.#turn);
    if (this.#marks.size === 0) this.#turn = setTimeout(() => this.#answer(), TURN_SILENCE_MS);
  }

  #answer(): void {
    if (this.#marks.size > 0 || this.#said.length > 0) return;
    const answers = this.#options.answers?.[this.#askedNode] ?? [];
    const tried = this.#tries.get(this.#askedNode) ?? 0;
    this.#tries.set(this.#askedNode, tried + 1);
    const answer = answers[Math.min(tried, answers.length - 1)] ?? null;
    if (answer === null || this.socket.readyState !== WebSocket.OPEN) return;
    if (typeof answer !== 'string') this.say(answer);
    else for (const digit of answer) this.send({ event: 'digit', digit });
  }

  #fallSilent(): void {
    if (this.#mouth !== null) clearInterval(this.#mouth);
    if (this.#turn !== null) clearTimeout(this.#turn);
    for (const timer of this.#marks.values()) clearTimeout(timer);
  }
}
