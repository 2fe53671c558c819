/**
 * Tells the carrier by REST to fetch a document for a call that is on.
 * https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
 */
import { carrierCodeOf, carrierRequests, type RestAccount } from '../carrier-request.ts';

export type RedirectAnswer =
  /** The carrier will ask at the URL. */
  | { readonly kind: 'redirected' }
  /** There is no such call, or it has ended. */
  | { readonly kind: 'over' }
  /** May be tried again: too many requests, the carrier's own failure, no answer. */
  | { readonly kind: 'later'; readonly reason: string }
  /** Our account, our URL: no use. */
  | { readonly kind: 'refused'; readonly reason: string };

export type RedirectCall = (callSid: string, url: string) => Promise<RedirectAnswer>;

/** Twilio's codes: the call does not exist; the call is not in progress. */
const OVER_CODES: readonly unknown[] = [20404, 21220];

/** Never rejects. */
export function redirectBy(account: RestAccount): RedirectCall {
  const ask = carrierRequests(account);
  return async (callSid, url) => {
    const reply = await ask({
      method: 'POST',
      path: `/Calls/${callSid}.json`,
      fields: [
        ['Url', url],
        ['Method', 'POST'],
      ],
    });
    if (reply.kind !== 'answered') return { kind: 'later', reason: reply.reason };
    const { body, status } = reply;
    if (status >= 200 && status < 300) return { kind: 'redirected' };
    const code = carrierCodeOf(body);
    const reason = `HTTP ${status}${code === null ? '' : `, ${code}`}`;
    if (status === 404 || OVER_CODES.includes(code)) return { kind: 'over' };
    return { kind: status === 429 || status >= 500 ? 'later' : 'refused', reason };
  };
}
