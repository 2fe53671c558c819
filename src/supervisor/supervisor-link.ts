/**
 * The server's end of the channel to its supervisor. A supervisor that has gone, or never was, keeps nobody waiting: the
 * port is then taken without asking.
 */
import type { Clock, Timer } from '../clock.ts';
import { BEAT_MS, type FromServer, type ServerAddress, type ToServer } from './server-messages.ts';

/** What this file uses of `process` in a child with an IPC channel. */
export interface SupervisorChannel {
  readonly connected: boolean;
  readonly channel?: { unref(): void } | null | undefined;
  send?(
    message: FromServer,
    handle: undefined,
    options: undefined,
    done: (error: Error | null) => void,
  ): boolean;
  on(event: 'message', listener: (message: ToServer) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

const PORT_WAIT_MS = 2000;

export class SupervisorLink {
  readonly #channel: SupervisorChannel;
  readonly #clock: Clock;
  #beat: Timer | null = null;
  #onPortFree: (port: number | null) => void = () => {};

  /** `onLost`: the supervisor is gone, and nobody restarts this server or tells it to stop. */
  constructor(channel: SupervisorChannel, clock: Clock, onLost: () => void) {
    this.#channel = channel;
    this.#clock = clock;
    channel.on('message', (message) => {
      if (message.kind === 'port.free') this.#onPortFree(message.port);
    });
    channel.on('disconnect', onLost);
    // A server that fails to start must be able to end.
    channel.channel?.unref();
  }

  /** Resolves when the port is free to be listened on: with the port that an earlier server had, or null. */
  claimPort(): Promise<number | null> {
    return new Promise((resolve) => {
      const late = this.#clock.setTimer(PORT_WAIT_MS, () => resolve(null));
      this.#onPortFree = (port) => {
        this.#clock.clearTimer(late);
        resolve(port);
      };
      this.#send({ kind: 'port.wanted' });
    });
  }

  listening(address: ServerAddress, drainSeconds: number): void {
    this.#send({ kind: 'listening', address, drainSeconds });
    this.#beatLater();
  }

  ready(): void {
    this.#send({ kind: 'ready' });
  }

  /** Callers who ask from now on are answered by the supervisor. */
  portLeft(): void {
    this.#send({ kind: 'port.left' });
  }

  #beatLater(): void {
    this.#beat = this.#clock.setTimer(BEAT_MS, () => {
      this.#send({ kind: 'beat' });
      this.#beatLater();
    });
  }

  #send(message: FromServer): void {
    if (this.#channel.connected) this.#channel.send?.(message, undefined, undefined, () => {});
    else if (this.#beat !== null) this.#clock.clearTimer(this.#beat);
  }
}
