/**
 * One request of the carrier's REST API, by Node's own fetch: the official package costs 160 ms and 28 MB, which commands have and
 * the server's threads have not. https://www.twilio.com/docs/usage/requests-to-twilio
 */
import { toErrorRecord } from './errors.ts';

export interface RestAccount {
  readonly accountSid: string;
  readonly authToken: string;
  /** Without a trailing slash, as `https://api.twilio.com`. */
  readonly baseUrl: string;
}

export interface CarrierRequest {
  readonly method: 'GET' | 'POST';
  /** Below the account, as `/Calls.json`. */
  readonly path: string;
  /** A name that comes more than once is a list. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** `unsent`: it did not reach the carrier, that is certain. `silent`: it may have. */
export type CarrierReply =
  | { readonly kind: 'answered'; readonly status: number; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unsent' | 'silent'; readonly reason: string };

export type AskCarrier = (request: CarrierRequest) => Promise<CarrierReply>;

export const CARRIER_REQUEST_MAX_MS = 5000;
const ANSWER_MAX_BYTES = 256 * 1024;
/** Of a connection that never was. */
const UNSENT: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** What comes back never rejects. */
export function carrierRequests({ accountSid, authToken, baseUrl }: RestAccount): AskCarrier {
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  return async ({ fields, method, path }) => {
    const form = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value]));
    const url = `${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`;
    try {
      const response = await fetch(method === 'GET' && fields.length > 0 ? `${url}?${form}` : url, {
        method,
        headers: { Authorization: authorization, Accept: 'application/json' },
        ...(method === 'POST' ? { body: form } : {}),
        redirect: 'error',
        signal: AbortSignal.timeout(CARRIER_REQUEST_MAX_MS),
      });
      return { kind: 'answered', status: response.status, body: toBody(await response.text()) };
    } catch (thrown) {
      const { code } = toErrorRecord((thrown as { cause?: unknown } | null)?.cause ?? thrown);
      const isLate = thrown instanceof Error && thrown.name === 'TimeoutError';
      const reason = isLate ? `no answer within ${CARRIER_REQUEST_MAX_MS / 1000} s` : `no answer (${code})`;
      return { kind: UNSENT.includes(code) ? 'unsent' : 'silent', reason };
    }
  };
}

/** The carrier's own number for what is wrong, as 21220; null: none is said. */
export function carrierCodeOf(body: Readonly<Record<string, unknown>>): number | null {
  return typeof body['code'] === 'number' ? body['code'] : null;
}

/** Empty for what is no JSON object. */
function toBody(text: string): Readonly<Record<string, unknown>> {
  if (text.length > ANSWER_MAX_BYTES) return {};
  try {
    const body = JSON.parse(text) as unknown;
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
