import type { Caller } from '../admission.ts';

/** As records have it where a telephone's number stands. No carrier can be asked about such a call. */
export const BROWSER_NAME = 'browser';

/** Who calls from a page: of no account, at no number, and so answered by the default flow. */
export const BROWSER_CALLER: Caller = { accountSid: '', from: BROWSER_NAME, to: '' };

/** How a call came, by whom its record names. */
export function channelOf(from: string): 'phone' | 'browser' {
  return from === BROWSER_NAME ? 'browser' : 'phone';
}
