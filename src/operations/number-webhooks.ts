/** Where a number must point for this server to answer it. Pure. */
import { FALLBACK_PATH, RETRY_FRAGMENT, STATUS_PATH, VOICE_PATH } from '../protocol/webhook-paths.ts';
import type { NumberWebhooks, PhoneNumber, Webhook } from './carrier-account.ts';

/** In the order in which people read them. */
export const WEBHOOK_KINDS = [
  'voice',
  'fallback',
  'status',
] as const satisfies readonly (keyof NumberWebhooks)[];

export const NO_WEBHOOKS: NumberWebhooks = {
  voice: { url: '', method: 'POST' },
  fallback: { url: '', method: 'POST' },
  status: { url: '', method: 'POST' },
};

/**
 * `publicUrl`: without a trailing slash. A voice webhook that fails is tried five times before the fallback is asked
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides); the fallback answers with everything else dead.
 */
export function webhooksAt(publicUrl: string): NumberWebhooks {
  const post = (path: string): Webhook => ({ url: publicUrl + path, method: 'POST' });
  return {
    voice: post(VOICE_PATH + RETRY_FRAGMENT),
    fallback: post(FALLBACK_PATH),
    status: post(STATUS_PATH),
  };
}

/** Calls to the number come to us as they should. */
export function pointsAt(
  { takenBy, webhooks }: Pick<PhoneNumber, 'takenBy' | 'webhooks'>,
  publicUrl: string,
): boolean {
  const wanted = webhooksAt(publicUrl);
  return takenBy === '' && WEBHOOK_KINDS.every((kind) => isSame(webhooks[kind], wanted[kind]));
}

export function isSame(one: Webhook, other: Webhook): boolean {
  return one.url === other.url && (one.url === '' || one.method === other.method);
}

export function webhookText({ method, url }: Webhook): string {
  return url === '' ? 'none' : `${method} ${url}`;
}
