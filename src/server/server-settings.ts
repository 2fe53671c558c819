/** What the server is told by the composition root: checked and complete, so that nothing here reads the environment. */
export interface ServerSettings {
  /** Origin and path prefix as the carrier sees them, without a trailing slash; null serves local requests only. */
  readonly publicUrl: string | null;
  /** Where streams connect (`wss://host/prefix`), if another address than the webhook's; names this very node. */
  readonly streamUrl: string | null;
  /** Signs webhooks and upgrades. Null: nothing is signed, and only local requests are served. */
  readonly authToken: string | null;
  /** Requests of another account are refused; null takes any. */
  readonly accountSid: string | null;
  /** The carrier's REST API, without a trailing slash; null: it is never asked. Asked only with account and token. */
  readonly apiBaseUrl: string | null;
  /** Signs our own tokens; shared by all nodes. At least 32 bytes. */
  readonly sessionKey: Buffer;
  /** Address to listen on, as `127.0.0.1`, `0.0.0.0` or `::`. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls: TlsFiles | null;
  /** Calls at once, those whose stream is about to come included; fewer while the loop is late. */
  readonly maxCalls: number;
  /** What callers beyond that hear, in the carrier's own English voice. */
  readonly busyMessage: string;
  /** TwiML of somebody else that they are sent to instead; null: nobody's. */
  readonly busyRedirectUrl: string | null;
  readonly callMaxSeconds: number;
  readonly drainSeconds: number;
  /** How long a webhook's answer is held back for the server to get warm, before the caller is told to wait. */
  readonly warmWaitMs: number;
  readonly workers: number;
  /** Whether one of several workers has no calls while the others can take them. */
  readonly hasReserve: boolean;
  /** A worker that does not beat for this long is terminated. */
  readonly workerStallMs: number;
  /** Heap and external memory of one worker above which it is terminated. */
  readonly workerHeapLimitBytes: number;
}

/** PEM files; both are read again when either changes. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}
