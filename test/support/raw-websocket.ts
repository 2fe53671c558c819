/**
 * The client's side of RFC 6455 over a bare socket, with no more manners than it is told to have: any bit of a frame's
 * header can be set wrong, and bytes can be sent as they are. Answers pings. For faults that no client library will make.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  /** Default text. */
  readonly opcode?: number;
  /** Default true: the frame ends its message. */
  readonly final?: boolean;
  /** The three reserved bits, as 4, 2 and 1. Default 0. */
  readonly reserved?: number;
  /** Default true, as RFC 6455 demands of clients. */
  readonly masked?: boolean;
  /** What the header says. Default: the truth. */
  readonly declaredBytes?: number;
}

/** One frame. Its mask is zero, which is as valid as any: the payload stands in it as it is. */
export function frame(payload: string | Uint8Array = '', options: FrameOptions = {}): Buffer {
  const { opcode = OPCODE.text, final = true, reserved = 0, masked = true } = options;
  const body = Buffer.from(payload);
  const declaredBytes = options.declaredBytes ?? body.length;
  const length = declaredBytes < 126 ? 0 : declaredBytes < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + length + (masked ? 4 : 0));
  head[0] = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (length === 0 ? declaredBytes : length === 2 ? 126 : 127);
  if (length === 2) head.writeUInt16BE(declaredBytes, 2);
  if (length === 8) head.writeBigUInt64BE(BigInt(declaredBytes), 2);
  return Buffer.concat([head, body]);
}

export interface RawWebSocketAddress {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RawWebSocketEvents {
  opened?(): void;
  text?(text: string): void;
  binary?(bytes: Buffer): void;
  /** A close frame; 1005 where it had no code. */
  closing?(closeCode: number): void;
  /** The connection is gone. */
  gone?(): void;
}

export class RawWebSocket {
  /** The answer's status and head, once it came: 101, or the refusal. */
  status = 0;
  head = '';
  /** Of the close frame that came; null without one. */
  closeCode: number | null = null;
  pongs = 0;
  readonly socket: Socket;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  readonly #events: RawWebSocketEvents;
  #received: Buffer = Buffer.alloc(0);

  constructor(address: RawWebSocketAddress, events: RawWebSocketEvents = {}) {
    this.#events = events;
    this.socket = connect(address.port, address.host);
    this.socket.setNoDelay(true);
    this.gone = new Promise((resolve) => {
      this.socket.once('close', () => {
        events.gone?.();
        resolve();
      });
    });
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => this.#take(bytes));
    const headers = Object.entries({
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Version': '13',
      ...address.headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`GET ${address.path} HTTP/1.1\r\n${headers.join('')}\r\n`);
  }

  send(payload: string | Uint8Array, options?: FrameOptions): void {
    this.bytes(
      frame(payload, { opcode: typeof payload === 'string' ? OPCODE.text : OPCODE.binary, ...options }),
    );
  }

  bytes(bytes: Uint8Array): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  close(closeCode: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(closeCode);
    this.send(payload, { opcode: OPCODE.close });
    this.socket.end();
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    if (this.head === '' && !this.#takeHead()) return;
    if (this.status !== 101) return;
    while (this.#takeFrame());
  }

  #takeHead(): boolean {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return false;
    this.head = this.#received.toString('latin1', 0, end);
    this.status = Number(this.head.slice(9, 12));
    this.#received = this.#received.subarray(end + 4);
    if (this.status === 101) this.#events.opened?.();
    return true;
  }

  /** Servers mask nothing, and ours sends no fragments. */
  #takeFrame(): boolean {
    const bytes = this.#received;
    if (bytes.length < 2) return false;
    const short = bytes[1]! & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start) return false;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return false;
    this.#received = bytes.subarray(start + length);
    this.#frameCame(bytes[0]! & 0x0f, bytes.subarray(start, start + length));
    return true;
  }

  #frameCame(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text) this.#events.text?.(payload.toString());
    else if (opcode === OPCODE.binary) this.#events.binary?.(payload);
    else if (opcode === OPCODE.ping) this.send(payload, { opcode: OPCODE.pong });
    else if (opcode === OPCODE.pong) this.pongs += 1;
    else if (opcode === OPCODE.close) {
      this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
      this.#events.closing?.(this.closeCode);
      this.send(payload.subarray(0, 2), { opcode: OPCODE.close });
      this.socket.end();
    }
  }
}
