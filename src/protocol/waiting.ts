/**
 * Lets a caller wait while nothing is ready: a pause of 2 s, then the same question again, counted in the URL, five times
 * at most. Nothing of ours remembers it, so it works over a restart and on any node. Pure.
 */
import { pauseAndRedirect } from './plain-twiml.ts';

export const WAITS_MAX = 5;
const WAIT_SECONDS = 2;
/** Twice 2 s: by then a balancer has noticed which node takes nobody, and does not send the caller there again. */
const ELSEWHERE_WAITS = 2;
const WAITS = /^waits=([1-5])$/;

/** How often this caller has waited: 0 for any query that is not ours. */
export function waitsOf(query: string): number {
  return Number(WAITS.exec(query)?.[1] ?? 0);
}

/** The TwiML to wait once more at `url` (without query), or null when the caller has waited enough. */
export function waitAgain(url: string, waits: number): string | null {
  return waits >= WAITS_MAX ? null : pauseAndRedirect(`${url}?waits=${waits + 1}`, WAIT_SECONDS);
}

/** The same for a caller whom this node has no room for and another may; null when enough were tried. */
export function tryElsewhere(url: string, waits: number): string | null {
  return waits >= ELSEWHERE_WAITS ? null : waitAgain(url, waits);
}
