/** When a vendor says that it may be asked again, as it said it: a cap is the caller's. */

/** Null if it says nothing, or nothing that can be read. `wallMs` is now, since the header may be a date. */
export function retryAfterMs(headers: Headers, wallMs: number): number | null {
  const inMs = toNumber(headers.get('retry-after-ms'));
  if (inMs !== null) return inMs;
  const header = headers.get('retry-after');
  if (header === null) return null;
  const inSeconds = toNumber(header);
  if (inSeconds !== null) return inSeconds * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - wallMs);
}

function toNumber(header: string | null): number | null {
  return header !== null && /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : null;
}
