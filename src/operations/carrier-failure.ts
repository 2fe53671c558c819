/**
 * What the carrier's REST API answers when it does not do as asked, in words for who must act. Nothing of a request is in them
 * but what was wanted. https://www.twilio.com/docs/api/errors
 */
import { CarrierError } from '../errors.ts';

interface Asked {
  /** As `list the numbers`. */
  readonly what: string;
  readonly host: string;
  readonly timeoutMs: number;
}

interface Refusal {
  readonly status?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

const CREDENTIALS = 20003;
const CURES: Readonly<Record<number, string>> = {
  [CREDENTIALS]:
    'TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be of one account, and live: copy both from the first page of the console',
  20404: 'there is no such thing in this account (was it deleted, or does it belong to a subaccount?)',
  20429: 'too many requests; wait a minute and try again',
  21220: 'the call is not in progress any more',
};
const UNREACHABLE: readonly unknown[] = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/** `thrown`: by the official package. */
export function toCarrierError(thrown: unknown, asked: Asked): CarrierError {
  const { code, message, status } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Refusal;
  const refused = (why: string, carrierCode: number | null) =>
    new CarrierError(`Twilio did not ${asked.what}: ${why}`, carrierCode, { cause: thrown });
  if (typeof status === 'number') return refused(...ofAnswer(status, code, message));
  return refused(ofSilence(code, message, asked), null);
}

function ofAnswer(status: number, code: unknown, message: unknown): [why: string, code: number | null] {
  const carrierCode = typeof code === 'number' && code > 0 ? code : codeOfStatus(status);
  if (carrierCode === null) {
    const why = status >= 500 ? 'it has trouble itself; try again in a minute' : 'it gave no reason';
    return [`${why} (HTTP ${status})`, null];
  }
  const said = CURES[carrierCode] ?? (typeof message === 'string' ? message : 'no reason was given');
  return [
    `${said} (error ${carrierCode}: https://www.twilio.com/docs/api/errors/${carrierCode})`,
    carrierCode,
  ];
}

/** An answer without a body of its own, as a proxy's. */
function codeOfStatus(status: number): number | null {
  return { 401: CREDENTIALS, 404: 20404, 429: 20429 }[status] ?? null;
}

function ofSilence(code: unknown, message: unknown, { host, timeoutMs }: Asked): string {
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT')
    return `${host} did not answer within ${timeoutMs / 1000} s`;
  if (UNREACHABLE.includes(code))
    return `${host} cannot be reached (${String(code)}); is there a network, and a proxy that lets it pass?`;
  return typeof message === 'string' && message !== '' ? message : `${host} gave no answer that can be read`;
}
