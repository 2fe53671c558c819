/**
 * Lets a caller wait while nothing is ready: a pause of 2 s, then the same question again, counted in the URL, five times
 * at most. Nothing of ours remembers it, so it works over a restart and on any node. Pure.
 */
import { pauseAndRedirect } from './plain-twiml.ts';

export const WAITS_MAX = 5;
const WAIT_SECONDS = 2;
/** Twice 2 s: by then a balancer has noticed which node takes nobody, and does not send the caller there again. */
const ELSEWHERE_WAITS = 2;
const QUERY = /^(?:waits=([1-5]))?(?:&?dial=([a-z-]{1,16}))?$/;

/** How often this caller has waited: 0 for any query that is not ours. */
export function waitsOf(query: string): number {
  return Number(QUERY.exec(query)?.[1] ?? 0);
}

/**
 * How the call's transfer went, in the carrier's word, where it was asked about that before the caller waited: it says so once. Empty for
 * any other query.
 */
export function dialStatusOf(query: string): string {
  return QUERY.exec(query)?.[2] ?? '';
}

/** `url` (without query), to be asked at again without a count. */
export function againAt(url: string, dialStatus: string): string {
  return dialStatus === '' ? url : `${url}?dial=${dialStatus}`;
}

/** The TwiML to wait once more at `url` (without query), or null when the caller has waited enough. `dialStatus`: goes along. */
export function waitAgain(url: string, waits: number, dialStatus = ''): string | null {
  if (waits >= WAITS_MAX) return null;
  const dial = dialStatus === '' ? '' : `&dial=${dialStatus}`;
  return pauseAndRedirect(`${url}?waits=${waits + 1}${dial}`, WAIT_SECONDS);
}

/** The same for a caller whom this node has no room for and another may; null when enough were tried. */
export function tryElsewhere(url: string, waits: number, dialStatus = ''): string | null {
  return waits >= ELSEWHERE_WAITS ? null : waitAgain(url, waits, dialStatus);
}
