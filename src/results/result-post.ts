/**
 * One try to deliver a result: a signed POST with a deadline over all of it. Follows no redirect and reads no body: a status
 * of 2xx is the receiver's word that it has the result. Store thread.
 */
import { createHmac } from 'node:crypto';
import { unescape as unescapePercent } from 'node:querystring';
import type { Clock } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';

export interface ResultDelivery {
  /** The idempotency key: the same at each try. */
  readonly callSid: string;
  readonly body: string;
}

/**
 * `unreachable`: nothing was heard of the receiver, so nothing else would reach it either. `refused`: it answered, and
 * perhaps takes others. `failure` holds nothing secret.
 */
export type PostOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'unreachable'; readonly failure: string }
  | { readonly kind: 'refused'; readonly failure: string; readonly retryAfterMs: number | null };

export interface ResultPostParts {
  readonly url: string;
  readonly secret: string;
  readonly clock: Clock;
  readonly fetch?: typeof globalThis.fetch;
}

export const POST_DEADLINE_MS = 10_000;
/** Whoever asks for more than this is asked again all the same. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** `t=<Unix seconds>,v1=<hex>`: HMAC-SHA256, keyed by the secret, over `<Unix seconds>.<body>`. */
export function signResult(secret: string, unixSeconds: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${mac}`;
}

/** Never rejects. */
export async function postResult(delivery: ResultDelivery, parts: ResultPostParts): Promise<PostOutcome> {
  const { clock, secret, url } = parts;
  const aborter = new AbortController();
  const timer = clock.setTimer(POST_DEADLINE_MS, () => aborter.abort());
  const { address, authorization } = addressOf(url);
  try {
    const response = await (parts.fetch ?? globalThis.fetch)(address, {
      method: 'POST',
      redirect: 'manual',
      signal: aborter.signal,
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': delivery.callSid,
        'Trunkline-Signature': signResult(secret, Math.floor(clock.wallMs() / 1000), delivery.body),
        'User-Agent': 'trunkline',
        ...authorization,
      },
      body: delivery.body,
    });
    await response.body?.cancel();
    if (response.ok) return { kind: 'delivered' };
    const retryAfterMs = readRetryAfter(response.headers.get('retry-after'));
    return { kind: 'refused', failure: `status ${response.status}`, retryAfterMs };
  } catch (thrown) {
    if (aborter.signal.aborted)
      return { kind: 'unreachable', failure: `no answer within ${POST_DEADLINE_MS} ms` };
    return { kind: 'unreachable', failure: reasonOf(thrown) };
  } finally {
    clock.clearTimer(timer);
  }
}

/** `fetch` refuses a URL with a user and a password; they are a header (RFC 7617). */
function addressOf(url: string): { address: URL; authorization: Record<string, string> } {
  const address = new URL(url);
  const { password, username } = address;
  if (username === '' && password === '') return { address, authorization: {} };
  address.username = '';
  address.password = '';
  const credentials = `${unescapePercent(username)}:${unescapePercent(password)}`;
  return {
    address,
    authorization: { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  };
}

/** `fetch` says only that it failed; its cause has the system's code. The URL, which may hold a key, is in neither. */
function reasonOf(thrown: unknown): string {
  const cause = (thrown as { cause?: unknown } | null)?.cause;
  const { code } = toErrorRecord(cause ?? thrown);
  return code === 'ERR_INVALID_STATE' ? 'the request failed' : code;
}

/** Seconds only: whoever names a date is asked again when we would anyway. */
function readRetryAfter(value: string | null): number | null {
  if (value === null || !/^\d{1,6}$/.test(value)) return null;
  return Math.min(Number(value) * 1000, RETRY_AFTER_MAX_MS);
}
