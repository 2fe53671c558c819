/**
 * Sees that the certificate or its key was renewed on disk. Looks at the contents every 10 s: a watch on the file system
 * misses links that are swapped, as certbot and Kubernetes do. A pair that does not fit together (half renewed, or
 * broken) is not taken, and the one in use stays. I/O thread, never blocking it.
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import { ConfigError, toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { TlsFiles } from './server-settings.ts';

const LOOK_MS = 10_000;

export class TlsWatch {
  readonly #files: TlsFiles;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onRenewed: () => void;
  #inUse: string;
  #refused = '';
  #timer: Timer | null = null;

  private constructor(
    files: TlsFiles,
    inUse: string,
    around: { clock: Clock; log: Log; onRenewed: () => void },
  ) {
    this.#files = files;
    this.#inUse = inUse;
    this.#clock = around.clock;
    this.#log = around.log;
    this.#onRenewed = around.onRenewed;
    this.#lookLater();
  }

  /** Reads and checks the pair once. Rejects with ConfigError when it cannot be used. */
  static async start(
    files: TlsFiles,
    around: { clock: Clock; log: Log; onRenewed: () => void },
  ): Promise<TlsWatch> {
    try {
      return new TlsWatch(files, await readPair(files), around);
    } catch (thrown) {
      const why = toErrorRecord(thrown).message;
      throw new ConfigError(
        `Expected PEM files that belong together for TLS_CERT and TLS_KEY, received ${files.certFile} and ${files.keyFile}: ${why}`,
        { cause: thrown },
      );
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #lookLater(): void {
    this.#timer = this.#clock.setTimer(LOOK_MS, () => {
      void this.look().then(() => {
        if (this.#timer !== null) this.#lookLater();
      });
    });
  }

  /** Looks now. Never rejects. */
  async look(): Promise<void> {
    try {
      const pair = await readPair(this.#files);
      this.#refused = '';
      if (pair === this.#inUse) return;
      this.#inUse = pair;
      this.#onRenewed();
      this.#log.info({ event: 'tls.renewed' }, 'a new certificate is in use');
    } catch (thrown) {
      const err = toErrorRecord(thrown);
      if (err.message === this.#refused) return;
      this.#refused = err.message;
      this.#log.error(
        { event: 'tls.refused', err },
        'a changed certificate is not usable; the old one stays',
      );
    }
  }
}

async function readPair(files: TlsFiles): Promise<string> {
  const [cert, key] = await Promise.all([readFile(files.certFile, 'utf8'), readFile(files.keyFile, 'utf8')]);
  // Throws for a bad PEM and for a key of another certificate.
  createSecureContext({ cert, key });
  return `${cert}\n${key}`;
}
