/**
 * Signs as Twilio signs: base64(HMAC-SHA1(auth token, URL + each parameter's name and value, sorted by name)). Written
 * from the documentation with node:crypto, not with the package by which the server checks.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
import { createHmac } from 'node:crypto';

/** The value of `X-Twilio-Signature`. For GET requests and for WebSocket upgrades there are no parameters. */
export function signRequest(
  authToken: string,
  url: string,
  parameters: ReadonlyMap<string, string> = new Map(),
): string {
  const hmac = createHmac('sha1', authToken).update(url, 'utf8');
  for (const name of [...parameters.keys()].sort()) hmac.update(`${name}${parameters.get(name)}`, 'utf8');
  return hmac.digest('base64');
}
