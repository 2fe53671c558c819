/**
 * Whether a browser sends this request for a page of somebody else's. That a request is local says nothing of who had the
 * browser send it: any page may post to localhost. Pure; I/O thread.
 */
import type { RequestOrigin } from './local-request.ts';

/** Of pages that are ours, or asked for by nobody's page (typed, a bookmark). */
const OWN_SITES = new Set(['same-origin', 'none']);

/**
 * False for what no browser sends. `ownOrigin`: as `https://bot.example.com`, beside the Host that the request names; null
 * where none is configured.
 */
export function isForeignOrigin(
  request: Pick<RequestOrigin, 'headers'>,
  ownOrigin: string | null = null,
): boolean {
  let host = '';
  const origins: string[] = [];
  for (const [name, value] of request.headers) {
    if (name === 'host') host = value.toLowerCase();
    else if (name === 'origin') origins.push(value.toLowerCase());
    else if (name === 'sec-fetch-site' && !OWN_SITES.has(value.toLowerCase())) return true;
  }
  const own = [`http://${host}`, `https://${host}`, ownOrigin?.toLowerCase() ?? null];
  return origins.some((origin) => !own.includes(origin));
}
