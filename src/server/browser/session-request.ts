/** What a page asks for: a new call (null), or the call of this token, not yet looked at. */
export interface SessionRequest {
  readonly callToken: string | null;
}

/** Of nothing, or JSON with or without `callToken`. Null: it is neither. Never throws. */
export function readSessionRequest(body: string): SessionRequest | null {
  if (body.trim() === '') return { callToken: null };
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const { callToken = null } = value as { readonly callToken?: unknown };
    return callToken === null || typeof callToken === 'string' ? { callToken } : null;
  } catch {
    return null;
  }
}
