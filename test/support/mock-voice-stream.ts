/**
 * The server's end of one `/ws/voice` stream, as strict as the interface: whatever the page sends against it is noted in
 * `violations` and closes the stream with 1008. Says nothing by itself; a test tells it what the bot does.
 */
import type { RawData, WebSocket } from 'ws';

const RATES_HZ = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];
const PLAY_RATE_HZ = 16_000;
const SILENCE_DBFS = -90;

export class MockVoiceStream {
  readonly callSid: string;
  readonly digits: string[] = [];
  /** Names of the marks that came back, in their order. */
  readonly marks: string[] = [];
  sampleRateHz = 0;
  frames = 0;
  /** Of the last frame. */
  levelDbfs = SILENCE_DBFS;
  isStopped = false;
  isClosed = false;
  readonly #socket: WebSocket;
  readonly #sentMarks = new Set<string>();

  constructor(socket: WebSocket, callSid: string, violations: string[]) {
    this.#socket = socket;
    this.callSid = callSid;
    socket.on('message', (data, isBinary) => {
      const violation = isBinary ? this.#audio(toBuffer(data)) : this.#text(data);
      if (violation === null) return;
      violations.push(violation);
      this.refuses(violation);
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => {});
  }

  get isStarted(): boolean {
    return this.sampleRateHz > 0;
  }

  note(note: Readonly<Record<string, unknown>>): void {
    this.#send({ event: 'note', ...note });
  }

  asks(node: string, text: string): void {
    this.note({ kind: 'question', node, text });
  }

  /** A tone, in messages of 100 ms, and the mark behind it. */
  plays(durationMs: number, mark: string): void {
    for (let sentMs = 0; sentMs < durationMs; sentMs += 100) {
      const samples = new Int16Array(PLAY_RATE_HZ / 10).map((_, index) => 6000 * Math.sin(index / 6));
      this.#socket.send(Buffer.from(samples.buffer));
    }
    this.#sentMarks.add(mark);
    this.#send({ event: 'mark', name: mark });
  }

  clears(): void {
    this.#send({ event: 'clear' });
  }

  /** The bot's end of the call, and the close behind it. */
  ends(
    reason: string,
    outcome: string | null = null,
    answers: readonly { node: string; value: string }[] = [],
  ): void {
    this.#send({ event: 'ended', reason, outcome, answers });
    this.#socket.close(1000);
  }

  refuses(reason: string): void {
    this.#socket.close(1008, reason);
  }

  /** As a network that is gone. */
  drops(): void {
    this.#socket.terminate();
  }

  /** Null, or what is wrong with it. */
  #audio(frame: Buffer): string | null {
    if (!this.isStarted) return 'binary before start';
    const durationMs = (frame.length / 2 / this.sampleRateHz) * 1000;
    if (frame.length % 2 !== 0) return `${frame.length} bytes`;
    if (durationMs < 10 || durationMs > 100) return `a frame of ${durationMs} ms`;
    this.frames++;
    let energy = 0;
    for (let at = 0; at < frame.length; at += 2) energy += (frame.readInt16LE(at) / 32768) ** 2;
    this.levelDbfs = Math.max(SILENCE_DBFS, 10 * Math.log10(energy / (frame.length / 2) + 1e-9));
    return null;
  }

  /** Null, or what is wrong with it. */
  #text(data: RawData): string | null {
    const text = toBuffer(data).toString();
    const message = JSON.parse(text) as Record<string, unknown>;
    const names = Object.keys(message).sort().join();
    switch (message['event']) {
      case 'start':
        if (this.isStarted) return 'a second start';
        if (names !== 'event,sampleRateHz' || !RATES_HZ.includes(message['sampleRateHz'] as number))
          return text;
        this.sampleRateHz = message['sampleRateHz'] as number;
        this.#send({ event: 'started', callSid: this.callSid, streamSid: `MZ${this.callSid.slice(2)}` });
        return null;
      case 'digit':
        if (names !== 'digit,event' || !/^[\d*#]$/.test(String(message['digit']))) return text;
        this.digits.push(String(message['digit']));
        return null;
      case 'mark': {
        const name = String(message['name']);
        if (!this.#sentMarks.delete(name)) return `mark ${name} that is not due`;
        this.marks.push(name);
        return null;
      }
      case 'stop':
        this.isStopped = true;
        this.ends('caller hung up');
        return null;
      default:
        return text;
    }
  }

  #send(message: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
