/**
 * What goes wrong with one exchange of a simulated vendor, as data. A fault changes only how an answer travels or replaces
 * it; requests that the vendor would reject are rejected whatever the fault, so no test passes with a request that is wrong.
 */

/** An answer as the vendor's own code gives it, before any fault. */
export interface VendorReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Sent in pieces of so many bytes, each its own chunk; absent: at once, with a content-length. */
  readonly pieceBytes?: number;
}

export type VendorFault =
  /** Another answer altogether: 429, HTML with 200, JSON of the wrong shape, nothing. */
  | { readonly kind: 'reply'; readonly reply: VendorReply }
  /** The connection breaks by RST once the request is read, or with half of the body sent. */
  | { readonly kind: 'reset'; readonly after: 'request' | 'half-body' }
  /** Nothing more comes and the connection stays: no headers, headers alone, or half of the body. */
  | { readonly kind: 'hang'; readonly after: 'request' | 'headers' | 'half-body' }
  /** The right answer, later. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** The right answer's first `keepRatio` of bytes, well framed. */
  | { readonly kind: 'cut'; readonly keepRatio: number }
  /** The right answer without its last byte, well framed. */
  | { readonly kind: 'odd' }
  /** The right answer, one piece every so often. */
  | { readonly kind: 'trickle'; readonly pieceBytes: number; readonly everyMs: number }
  /** The right answer over and over until the client goes. */
  | { readonly kind: 'endless' };

/** Asked once for each request that the vendor accepts, in order; null: nothing goes wrong. */
export type FaultSource = (request: { readonly path: string; readonly index: number }) => VendorFault | null;

/** The faults in their order, one a request, then none. */
export function faultQueue(faults: readonly VendorFault[]): FaultSource {
  const waiting = [...faults];
  return () => waiting.shift() ?? null;
}

export const noFault: FaultSource = () => null;

export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): VendorReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** What a proxy in front of the vendor says when it cannot. */
export function htmlReply(status: number): VendorReply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
    body: `<!DOCTYPE html><html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`,
  };
}
