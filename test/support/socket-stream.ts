/** A media stream for tests of the server: real socket, no audio. Reads `start`, and throws where a message says so. */
import type { CallId, EndReason, FromCall } from '../../src/channel/messages.ts';
import { closeCodeOf } from '../../src/media/close-code.ts';
import type { SocketStream, StreamHooks } from '../../src/server/call-stream.ts';
import type { OpenSocket } from '../../src/server/open-socket.ts';

export class TestSocketStream implements SocketStream {
  readonly socket: OpenSocket;
  readonly hooks: StreamHooks;
  /** Throw at the next of these. */
  readonly throwAt = new Set<'drained' | 'pinged' | 'pong' | 'socketClosed'>();
  callId: CallId = 0;
  ended: EndReason | null = null;
  messages = 0;

  constructor(socket: OpenSocket, hooks: StreamHooks) {
    this.socket = socket;
    this.hooks = hooks;
  }

  receive(message: ArrayBuffer): void {
    this.messages += 1;
    const text = Buffer.from(message).toString();
    if (text.startsWith('throw')) throw new Error('thrown on cue: secret words');
    const parsed = JSON.parse(text) as {
      event: string;
      start: { callSid: string; accountSid: string; customParameters?: Record<string, string> };
    };
    if (parsed.event === 'start') {
      const customParameters = new Map(Object.entries(parsed.start.customParameters ?? {}));
      this.hooks.onStart({ ...parsed.start, streamSid: `MZ${'0'.repeat(32)}`, customParameters });
    } else if (parsed.event === 'flood') {
      const bytes = new Uint8Array(256 * 1024);
      for (let count = 0; count < 40; count++) this.socket.send(bytes, true);
    }
  }

  accept(callId: CallId): void {
    this.callId = callId;
    this.#say({ event: 'accepted' });
  }

  order(message: FromCall): void {
    this.#say({ event: message.kind });
    if (message.kind === 'finish') this.end(message.reason);
  }

  playAndFinish(promptKey: string, reason: EndReason): void {
    this.#say({ event: 'goodbye', promptKey, reason });
    this.end(reason);
  }

  end(reason: EndReason): void {
    if (this.ended !== null) return;
    this.ended = reason;
    this.socket.end(closeCodeOf(reason), reason);
    this.hooks.onEnd(reason);
  }

  drained(): void {
    this.#maybeThrow('drained');
  }

  pinged(): void {
    this.#maybeThrow('pinged');
  }

  pong(): void {
    this.#maybeThrow('pong');
  }

  socketClosed(): void {
    this.#maybeThrow('socketClosed');
    this.end('stream lost');
  }

  #maybeThrow(at: 'drained' | 'pinged' | 'pong' | 'socketClosed'): void {
    if (this.throwAt.has(at)) throw new Error(`thrown on cue at ${at}`);
  }

  #say(message: object): void {
    this.socket.send(Buffer.from(JSON.stringify(message)), false);
  }
}
