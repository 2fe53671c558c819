/**
 * The Realtime connections of one thread. A handshake takes two or three round trips, which a caller's one word does not
 * wait for: each time a connection is taken, another is opened ahead. One with nothing to do is asked every 20 s whether it
 * is still there and closed well before the vendor ends its session; nothing is opened in its place until someone speaks.
 */
import type { Clock, Timer } from '../../clock.ts';
import { ProviderError } from '../../errors.ts';
import { type LiveAddress, LiveConnection } from './live-connection.ts';

/** In use and spare; a worker has a thousand calls, of which a tenth speak at once. */
const CONNECTIONS_MAX = 128;
const IDLE_CONNECTIONS_MAX = 8;
/** OpenAI ends a session after 60 min, whatever it is doing. */
const AGE_MAX_MS = 25 * 60_000;
const PROBE_EVERY_MS = 20_000;

export class LivePool {
  readonly #address: LiveAddress;
  readonly #provider: string;
  readonly #clock: Clock;
  readonly #idle: LiveConnection[] = [];
  readonly #inUse = new Set<LiveConnection>();
  #probing: Timer | null = null;
  #isClosed = false;

  constructor(address: LiveAddress, provider: string, clock: Clock) {
    this.#address = address;
    this.#provider = provider;
    this.#clock = clock;
  }

  /** Connections, opening ones included. */
  get size(): number {
    return this.#idle.length + this.#inUse.size;
  }

  /** Opens a spare connection if there is none. */
  warm(): void {
    if (this.#isClosed || this.#idle.length > 0 || this.size >= CONNECTIONS_MAX) return;
    this.#keep(this.#open());
  }

  /** One for an utterance, perhaps still connecting. Give it back by `give`. Throws ProviderError when all are in use. */
  take(): LiveConnection {
    const connection = this.#takeIdle() ?? this.#openAnother();
    this.#inUse.add(connection);
    this.warm();
    return connection;
  }

  /** Back from its utterance. One that is over, too old or too many is closed. */
  give(connection: LiveConnection): void {
    if (!this.#inUse.delete(connection)) return;
    const isSurplus = this.#idle.length >= IDLE_CONNECTIONS_MAX;
    if (this.#isClosed || isSurplus || connection.isOver || this.#isOld(connection)) {
      connection.listen(null);
      connection.close();
    } else {
      this.#keep(connection);
    }
  }

  /** Closes all of them. Idempotent. */
  close(): void {
    this.#isClosed = true;
    if (this.#probing !== null) this.#clock.clearTimer(this.#probing);
    this.#probing = null;
    for (const connection of [...this.#idle, ...this.#inUse]) connection.close();
    this.#idle.length = 0;
  }

  /** The one used last: the spares of a rush grow old and go. */
  #takeIdle(): LiveConnection | null {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      connection.listen(null);
      if (!connection.isOver && !this.#isOld(connection)) return connection;
      connection.close();
    }
  }

  #openAnother(): LiveConnection {
    if (this.#isClosed || this.size >= CONNECTIONS_MAX) {
      throw new ProviderError(
        `Expected at most ${CONNECTIONS_MAX} connections to ${this.#provider} at once`,
        {
          provider: this.#provider,
          fault: 'busy',
        },
      );
    }
    return this.#open();
  }

  #open(): LiveConnection {
    return new LiveConnection(this.#address, this.#provider, this.#clock);
  }

  #keep(connection: LiveConnection): void {
    this.#idle.push(connection);
    connection.listen({
      heard: () => {},
      // Whoever needs one next gets the vendor's answer then; a spare that fails is no one's failure.
      ended: () => this.#drop(connection),
    });
    this.#probing ??= this.#clock.setTimer(PROBE_EVERY_MS, () => this.#probe());
  }

  #drop(connection: LiveConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #probe(): void {
    this.#probing = null;
    for (const connection of [...this.#idle]) {
      if (this.#isOld(connection)) connection.close();
      else connection.probe();
    }
    if (this.#idle.length > 0) {
      this.#probing = this.#clock.setTimer(PROBE_EVERY_MS, () => this.#probe());
    }
  }

  #isOld(connection: LiveConnection): boolean {
    return this.#clock.nowMs() - connection.openedAtMs > AGE_MAX_MS;
  }
}
