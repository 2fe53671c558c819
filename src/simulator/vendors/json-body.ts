/** A request's body as a JSON object. */

export type JsonRecord = { readonly [name: string]: unknown };

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null if it is none, or calls itself something else. */
export function parseJsonBody(body: Buffer | string, contentType: string | undefined): JsonRecord | null {
  if (contentType?.split(';')[0]?.trim() !== 'application/json') return null;
  try {
    const value: unknown = JSON.parse(body.toString());
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
