/**
 * The addresses that the carrier is given and signs. From configuration only: a Host header can be anybody's. Where none
 * is configured only local requests are served, and those are answered with the local name they came by. I/O thread.
 */
import type { Exchange } from './exchange.ts';
import type { ServerSettings } from './server-settings.ts';

export class PublicAddress {
  readonly #webhookBase: string | null;
  readonly #streamBase: string | null;
  readonly #isTls: boolean;
  /** Path prefixes under which routes are reached: a proxy may or may not take the public prefix off. */
  readonly prefixes: readonly string[];

  constructor(settings: Pick<ServerSettings, 'publicUrl' | 'streamUrl' | 'tls'>) {
    this.#webhookBase = trimSlash(settings.publicUrl);
    this.#streamBase = trimSlash(settings.streamUrl) ?? toSocketUrl(this.#webhookBase);
    this.#isTls = settings.tls !== null;
    const bases = [this.#webhookBase, this.#streamBase];
    const paths = bases.map((base) => (base === null ? '' : trimSlash(new URL(base).pathname)!));
    this.prefixes = [...new Set(['', ...paths])];
  }

  /** Whether there is an address to give to others than local requests. */
  get isPublic(): boolean {
    return this.#webhookBase !== null;
  }

  /** Without a trailing slash. Null for a request that is not local where nothing is configured. */
  webhookBase(exchange: Exchange): string | null {
    if (this.#webhookBase !== null) return this.#webhookBase;
    const host = exchange.localHost;
    return host === null ? null : `${this.#isTls ? 'https' : 'http'}://${host}`;
  }

  /** As `webhookBase`, with a WebSocket scheme. */
  streamBase(exchange: Exchange): string | null {
    return this.#streamBase ?? toSocketUrl(this.webhookBase(exchange));
  }
}

function trimSlash(url: string | null): string | null {
  return url === null ? null : url.replace(/\/+$/, '');
}

/** `https` to `wss`, `http` to `ws`. */
function toSocketUrl(url: string | null): string | null {
  return url === null ? null : url.replace(/^http/i, 'ws');
}
