/**
 * What OpenAI's errors mean to whoever asked, as ProviderError. Messages name provider, status, code and request id, and
 * nothing else: the vendor's own text may repeat the key, what a caller said, or half of an answer.
 */
import { ProviderError, type ProviderFault } from '../../errors.ts';
import type { WholeAnswer } from './lean-fetch.ts';
import { retryAfterMs } from './retry-after.ts';
import { BodyTooLong } from './transport-fault.ts';

/** 429 with one of these never heals by itself: somebody must pay or ask. */
const ACCOUNT_CODES: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'access_terminated',
]);
/** Of the Realtime API, which has no statuses, and of errors inside of an answer. */
const DENIED_CODES: ReadonlySet<string> = new Set([
  ...ACCOUNT_CODES,
  'invalid_api_key',
  'model_not_found',
  'unsupported_country_region_territory',
]);

/** `code` is the vendor's, or null. */
export function toStatusError(
  provider: string,
  status: number,
  code: string | null,
  headers: Headers,
  wallMs: number,
): ProviderError {
  const fault = faultOfStatus(status, code);
  const afterMs = fault === 'transient' ? retryAfterMs(headers, wallMs) : null;
  const requestId = toToken(headers.get('x-request-id'));
  const details = [code, requestId === null ? null : `request ${requestId}`].filter((text) => text !== null);
  return new ProviderError(
    `${provider} answered with status ${status}${details.length === 0 ? '' : ` (${details.join(', ')})`}`,
    {
      provider,
      fault,
      statusCode: status,
      ...(code === null ? {} : { vendorCode: code }),
      ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
    },
  );
}

/** A status that is an error's, and what came with it. */
export function toAnswerError(
  provider: string,
  { status, headers, body }: WholeAnswer,
  wallMs: number,
): ProviderError {
  const wanted = new Headers();
  for (const name of ['retry-after', 'retry-after-ms', 'x-request-id']) {
    const value = headers[name];
    if (typeof value === 'string') wanted.set(name, value);
  }
  return toStatusError(provider, status, codeOf(errorIn(body)), wanted, wallMs);
}

/** The error object of the Realtime API, or whatever came in its place. */
export function toEventError(provider: string, error: unknown): ProviderError {
  const code = codeOf(error);
  const type = toToken(fieldOf(error, 'type'));
  const isRefused =
    type === 'invalid_request_error' && code !== 'rate_limit_exceeded' && code !== 'session_expired';
  const fault = code !== null && DENIED_CODES.has(code) ? 'denied' : isRefused ? 'refused' : 'transient';
  const details = [type, code].filter((text) => text !== null).join(', ');
  return new ProviderError(`${provider} reported an error${details === '' ? '' : ` (${details})`}`, {
    provider,
    fault,
  });
}

/** A right status and a wrong answer. `received` must hold nothing of it. */
export function toUnusable(provider: string, received: string): ProviderError {
  return new ProviderError(`Expected a usable answer from ${provider}, received ${received}`, {
    provider,
    fault: 'unusable',
  });
}

/** No answer, or not all of one. */
export function toTransportError(cause: unknown, provider: string): ProviderError {
  if (cause instanceof BodyTooLong) return toUnusable(provider, cause.message);
  const code = toToken(fieldOf(cause, 'code'));
  return new ProviderError(`The connection to ${provider} failed${code === null ? '' : ` (${code})`}`, {
    provider,
    fault: 'transient',
  });
}

/** The code of an error object that the vendor sent; its type where it has none; null where it has neither. */
export function codeOf(error: unknown): string | null {
  return toToken(fieldOf(error, 'code')) ?? toToken(fieldOf(error, 'type'));
}

function errorIn(body: Buffer): unknown {
  try {
    return fieldOf(JSON.parse(body.toString()), 'error');
  } catch {
    return null;
  }
}

function faultOfStatus(status: number, code: string | null): ProviderFault {
  if (code !== null && DENIED_CODES.has(code)) return 'denied';
  if (status >= 500 || status === 408 || status === 409 || status === 429) return 'transient';
  if (status === 400 || status === 413 || status === 415 || status === 422) return 'refused';
  // 401, 402, 403; 404 and 405: no such model, or an address that is no API; 3xx: the API is elsewhere.
  return 'denied';
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Codes and ids may stand in messages; prose may not. */
function toToken(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.-]{1,80}$/.test(value) ? value : null;
}
