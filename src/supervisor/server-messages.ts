/** What crosses between the supervisor and its one server process, over Node's IPC channel, as JSON. Types only. */

/** Where the server listens, so that another may stand in for it there. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** PEM files, absolute; null: no TLS. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Without a trailing slash, or null: local requests only. */
  readonly publicUrl: string | null;
}

export type FromServer =
  /** It is about to listen. Answered by `port.free`. */
  | { readonly kind: 'port.wanted' }
  | { readonly kind: 'listening'; readonly address: ServerAddress; readonly drainSeconds: number }
  /** It listens no more, and its end is near. */
  | { readonly kind: 'port.left' }
  /** Callers can be served. */
  | { readonly kind: 'ready' }
  /** The loop turns: about once a second while it listens. */
  | { readonly kind: 'beat' };

export interface ToServer {
  readonly kind: 'port.free';
  /** The port that an earlier server of this supervisor had, or null: it is free to choose. */
  readonly port: number | null;
}

/** How often a server says that its loop turns. */
export const BEAT_MS = 1000;
