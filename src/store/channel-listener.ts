/**
 * Hears on a connection of its own what is said on one channel of a PostgreSQL, by whichever node. What was said while the
 * connection was down is not heard: whoever needs an answer looks for it, and asks again. Store thread, and commands that watch.
 */
import pg from 'pg';
import type { Clock, Timer } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import { connectionSettings } from './postgres-settings.ts';

export interface ChannelListenerParts {
  readonly url: string;
  /** Lower case, as `trunkline_live`. */
  readonly channel: string;
  readonly onMessage: (text: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;
/** A server that is gone without a word is noticed by asking it something. */
const ASK_EVERY_MS = 10_000;

export class ChannelListener {
  readonly #parts: ChannelListenerParts;
  #client: pg.Client | null = null;
  #timer: Timer | null = null;
  #failures = 0;
  #isClosed = false;

  constructor(parts: ChannelListenerParts) {
    this.#parts = parts;
  }

  begin(): void {
    void this.#connect();
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const { channel, log, onMessage, url } = this.#parts;
    if (this.#isClosed) return;
    const client = new pg.Client(connectionSettings(url).client);
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the connection ended')));
    client.on('notification', ({ payload = '' }) => onMessage(payload));
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      if (this.#failures > 0) log.info({ event: 'node.hears' }, 'this node hears the others again');
      this.#failures = 0;
      this.#askLater(client);
    } catch (error) {
      this.#lost(client, error);
    }
  }

  #askLater(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#timer = this.#parts.clock.setTimer(ASK_EVERY_MS, () => {
      client.query('select 1').then(
        () => this.#askLater(client),
        (error: unknown) => this.#lost(client, error),
      );
    });
  }

  /** Of one connection once, whoever notices it first. */
  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    const { clock, log } = this.#parts;
    this.#client = null;
    client.end().catch(() => {});
    if (this.#timer !== null) clock.clearTimer(this.#timer);
    this.#failures += 1;
    if (this.#failures === 1)
      log.warn({ event: 'node.deaf', err: toErrorRecord(error) }, 'this node does not hear the others');
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** (this.#failures - 1));
    this.#timer = clock.setTimer(delayMs, () => void this.#connect());
  }
}
