/**
 * What an answer of ElevenLabs that is no audio means to us. Two shapes of body occur: `{"detail":{"status","message"}}`, and
 * `{"detail":[{"type","loc","msg","input"}]}` of a validation, whose `input` repeats the text. So nothing of a body is passed
 * on but the vendor's code, and no error carries the SDK's as its cause: the SDK's message is the body.
 */
import { ProviderError, type ProviderFault } from '../../errors.ts';

export const PROVIDER = 'elevenlabs';

export interface ElevenLabsReply {
  readonly statusCode: number;
  /** Parsed JSON, a text, or undefined. */
  readonly body: unknown;
  /** The header, in seconds or as a date; null: none. */
  readonly retryAfter: string | null;
}

/** Codes that the operator cures, whatever the status: `quota_exceeded` is a 400 as well as a 401. */
const DENIED =
  /^(invalid_api_key|missing_permissions|quota_exceeded|payment_required|detected_unusual_activity)$/;
/** A voice or a model that is not there, not there any more, or not in this plan. */
const DENIED_SETTING = /^(invalid_uid|output_format_not_allowed|(.+_)?(voice|model)(_.+)?)$/;
const RETRY_AFTER_MAX_MS = 3_600_000;

/** `wallMs`: now, for a Retry-After that is a date. */
export function toElevenLabsFailure(reply: ElevenLabsReply, wallMs: number): ProviderError {
  const { statusCode } = reply;
  const code = vendorCode(reply.body);
  const fault = faultOf(statusCode, code);
  const retryAfterMs = fault === 'transient' ? parseRetryAfterMs(reply.retryAfter, wallMs) : undefined;
  return new ProviderError(
    `Expected audio from ${PROVIDER}, received status ${statusCode} (${code ?? 'no code'})`,
    { provider: PROVIDER, fault, statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  );
}

/** A connection that was not made, or broke. Takes what the client threw; its text is not passed on. */
export function toElevenLabsUnreachable(thrown: unknown): ProviderError {
  return new ProviderError(
    `Expected audio from ${PROVIDER}, received no whole answer (${connectionCode(thrown)})`,
    {
      provider: PROVIDER,
      fault: 'transient',
    },
  );
}

export function elevenLabsUnusable(what: string, statusCode?: number): ProviderError {
  return new ProviderError(`Expected audio from ${PROVIDER}, received ${what}`, {
    provider: PROVIDER,
    fault: 'unusable',
    ...(statusCode === undefined ? {} : { statusCode }),
  });
}

/** The vendor's own name for what went wrong; null where the body has none that may be shown. */
export function vendorCode(body: unknown): string | null {
  const detail = (body as { detail?: unknown } | null | undefined)?.detail;
  const first: unknown = Array.isArray(detail) ? detail[0] : detail;
  const { status, code, type, loc } = (first ?? {}) as Record<string, unknown>;
  const name = [status, code, type].find((value) => typeof value === 'string');
  if (typeof name !== 'string' || !/^[A-Za-z0-9_.-]{1,64}$/.test(name)) return null;
  const at = Array.isArray(loc) ? loc.at(-1) : null;
  return typeof at === 'string' && /^[A-Za-z0-9_]{1,32}$/.test(at) ? `${name} of ${at}` : name;
}

/** `ECONNREFUSED` and the like, from wherever in the chain of causes it stands. */
export function connectionCode(thrown: unknown): string {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  }
  return 'connection failed';
}

function faultOf(statusCode: number, code: string | null): ProviderFault {
  if (statusCode === 429) return code === 'too_many_concurrent_requests' ? 'busy' : 'transient';
  if (statusCode === 408 || statusCode >= 500) return 'transient';
  if ([401, 402, 403, 404].includes(statusCode)) return 'denied';
  if (code !== null && (DENIED.test(code) || DENIED_SETTING.test(code))) return 'denied';
  return 'refused';
}

function parseRetryAfterMs(header: string | null, wallMs: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,9}(\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - wallMs;
  return Number.isFinite(ms) ? Math.min(RETRY_AFTER_MAX_MS, Math.max(0, ms)) : undefined;
}
