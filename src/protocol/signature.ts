/**
 * Is this request from Twilio? Both the webhooks and the WebSocket upgrade carry `X-Twilio-Signature`, an HMAC-SHA1 with
 * the account's primary auth token over the URL as Twilio wrote it. That URL is built here from configuration, never from
 * Host or X-Forwarded-*: so a valid signature pins the host as well. Pure; results by value; constant-time comparison.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
import { timingSafeEqual } from 'node:crypto';
import { getExpectedTwilioSignature, validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import type { FormParameters } from './form-body.ts';

export type SignatureCheck =
  | { readonly valid: true }
  | {
      readonly valid: false;
      /** `missing`: no header. `malformed`: not a base64 SHA-1. `body hash`: a signed JSON body, which no route of ours takes. */
      readonly reason: 'missing' | 'malformed' | 'body hash' | 'mismatch';
    };

export interface SignedWebhook {
  readonly authToken: string;
  /** Scheme, host, port and path prefix as Twilio knows them: `https://bot.example.org`. */
  readonly publicUrl: string;
  /** The request target as received, undecoded: `/voice?line=2`. */
  readonly pathAndQuery: string;
  readonly signature: string | undefined;
  readonly parameters: FormParameters;
  /**
   * Connection overrides that our TwiML put behind this URL, as `#rc=5&rp=all`. Whether Twilio signs them is not
   * documented, so the URL is tried without and with each.
   */
  readonly fragments?: readonly string[];
}

export interface SignedUpgrade {
  readonly authToken: string;
  /** As for the webhook; its scheme may be https, http, wss or ws. */
  readonly publicUrl: string;
  /** The request target as received: `/ws/twilio/TOKEN`. */
  readonly path: string;
  readonly signature: string | undefined;
}

/** 20 bytes in base64. */
const SIGNATURE_TEXT = /^[A-Za-z0-9+/]{27}=$/;

/**
 * Checks a form webhook. The port is tried both ways and the query as the official package does, since what Twilio signs
 * has varied; a name that came twice counts with its distinct values, sorted, as documented.
 */
export function checkWebhookSignature(webhook: SignedWebhook): SignatureCheck {
  const early = checkShape(webhook.signature);
  if (early !== null) return early;
  if (webhook.pathAndQuery.includes('bodySHA256')) return { valid: false, reason: 'body hash' };
  const url = joinUrl(webhook.publicUrl, webhook.pathAndQuery);
  // A null prototype, so that no parameter's name means anything but itself.
  const parameters: Record<string, readonly string[]> = Object.create(null);
  for (const [name, values] of webhook.parameters) parameters[name] = values;
  for (const fragment of ['', ...(webhook.fragments ?? [])]) {
    try {
      if (validateRequest(webhook.authToken, webhook.signature ?? '', url + fragment, parameters)) {
        return { valid: true };
      }
    } catch {
      // A request target that `new URL` refuses was not signed by Twilio.
    }
  }
  return { valid: false, reason: 'mismatch' };
}

/**
 * Checks a WebSocket upgrade. Twilio signs the `wss` URL with no parameters; the `https` form is taken too. Unlike the
 * official package, the standard port tried is the scheme's own (443 for wss, where that package tries 80).
 */
export function checkUpgradeSignature(upgrade: SignedUpgrade): SignatureCheck {
  const early = checkShape(upgrade.signature);
  if (early !== null) return early;
  const received = Buffer.from(upgrade.signature ?? '', 'latin1');
  for (const url of upgradeUrls(joinUrl(upgrade.publicUrl, upgrade.path))) {
    const expected = Buffer.from(getExpectedTwilioSignature(upgrade.authToken, url, {}), 'latin1');
    if (expected.length === received.length && timingSafeEqual(expected, received)) return { valid: true };
  }
  return { valid: false, reason: 'mismatch' };
}

function checkShape(signature: string | undefined): SignatureCheck | null {
  if (signature === undefined || signature === '') return { valid: false, reason: 'missing' };
  return SIGNATURE_TEXT.test(signature) ? null : { valid: false, reason: 'malformed' };
}

function joinUrl(publicUrl: string, pathAndQuery: string): string {
  const base = publicUrl.endsWith('/') ? publicUrl.slice(0, -1) : publicUrl;
  return pathAndQuery === '/' ? base : base + pathAndQuery;
}

/** Every way in which Twilio may have written this URL: two schemes, with and without port, a bare host with and without slash. */
function upgradeUrls(url: string): string[] {
  const match = /^(https?|wss?):\/\/([^/?#]+)(.*)$/i.exec(url);
  if (match === null) return [];
  const [, scheme = '', authority = '', rest = ''] = match;
  const secure = /^(?:https|wss)$/i.test(scheme);
  const portAt = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  const host = portAt === -1 ? authority : authority.slice(0, portAt);
  const port = portAt === -1 ? (secure ? ':443' : ':80') : authority.slice(portAt);
  const urls: string[] = [];
  for (const form of secure ? ['wss', 'https'] : ['ws', 'http']) {
    for (const place of [host, host + port]) {
      urls.push(`${form}://${place}${rest}`);
      if (rest === '') urls.push(`${form}://${place}/`);
    }
  }
  return urls;
}
