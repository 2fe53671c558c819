/**
 * Twilio's REST API by the official package, which costs 160 ms and 28 MB to load: for commands, never for the server's threads.
 * https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
 */
import { createRequire } from 'node:module';
import type Twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient.js';
import type { IncomingPhoneNumberInstance } from 'twilio/lib/rest/api/v2010/account/incomingPhoneNumber.js';
import type { CarrierAccount, NumberWebhooks, PhoneNumber, Webhook } from './carrier-account.ts';
import { toCarrierError } from './carrier-failure.ts';

export interface TwilioCredentials {
  readonly accountSid: string;
  readonly authToken: string;
  /** Without a trailing slash, as `https://api.twilio.com`. */
  readonly baseUrl: string;
  /** Of one request. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const NUMBERS_MAX = 1000;
const PAGE_MAX = 100;
const RECORDINGS_MAX = 20;
const ORIGIN = 'https://api.twilio.com';

/** Where it is needed, and not before. `import` gives an empty module once a log was made on a pipe (Node 22.23, measured). */
function loadTwilio(): typeof Twilio {
  return createRequire(import.meta.url)('twilio') as typeof Twilio;
}

/** Asks nothing yet. */
export function openTwilioAccount(credentials: TwilioCredentials): CarrierAccount {
  const { accountSid, authToken, baseUrl, timeoutMs = TIMEOUT_MS } = credentials;
  const twilio = loadTwilio();
  class OtherwhereClient extends twilio.RequestClient {
    override request<Data>(options: RequestClient.RequestOptions<Data>) {
      const uri = options.uri.startsWith(ORIGIN) ? baseUrl + options.uri.slice(ORIGIN.length) : options.uri;
      return super.request<Data>({ ...options, uri });
    }
  }
  // Who asks too often is asked to come back, and does, up to three times within some seconds.
  const httpClient = new OtherwhereClient({ timeout: timeoutMs, autoRetry: true, keepAlive: false });
  const client = twilio(accountSid, authToken, { httpClient, lazyLoading: true });
  const ask = async <Value>(what: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (thrown) {
      throw toCarrierError(thrown, { what, host: new URL(baseUrl).host, timeoutMs });
    }
  };
  return {
    about: () =>
      ask('read the account', async () => {
        const { friendlyName: name, status, type } = await client.api.v2010.accounts(accountSid).fetch();
        return { name, status, type };
      }),
    numbers: () =>
      ask('list the numbers', async () => {
        const found = await client.incomingPhoneNumbers.list({ limit: NUMBERS_MAX, pageSize: PAGE_MAX });
        return found.map(toPhoneNumber);
      }),
    find: (phoneNumber) =>
      ask(`look for ${phoneNumber}`, async () => {
        const found = await client.incomingPhoneNumbers.list({ phoneNumber, limit: 20 });
        return found.map(toPhoneNumber).find(({ number }) => number === phoneNumber) ?? null;
      }),
    recordingsOf: (callSid) =>
      ask(`list the recordings of ${callSid}`, async () => {
        const found = await client.recordings.list({ callSid, limit: RECORDINGS_MAX });
        return found.map(({ duration, mediaUrl, sid, startTime, status }) => ({
          sid,
          status,
          durationSeconds: Math.max(0, Number(duration) || 0),
          startedAtWallMs: startTime.getTime(),
          url: mediaUrl,
        }));
      }),
    point: (sid, { fallback, status, voice }) =>
      ask(`change the number ${sid}`, async () =>
        toPhoneNumber(
          await client.incomingPhoneNumbers(sid).update({
            voiceUrl: voice.url,
            voiceMethod: voice.method,
            voiceFallbackUrl: fallback.url,
            voiceFallbackMethod: fallback.method,
            statusCallback: status.url,
            statusCallbackMethod: status.method,
            // Where one of these is set, Twilio ignores the URLs.
            voiceApplicationSid: '',
            trunkSid: '',
          }),
        ),
      ),
  };
}

function toPhoneNumber(found: IncomingPhoneNumberInstance): PhoneNumber {
  const { capabilities, friendlyName, phoneNumber, sid, trunkSid, voiceApplicationSid } = found;
  return {
    sid,
    number: phoneNumber,
    name: friendlyName,
    hasVoice: capabilities.voice === true,
    webhooks: webhooksOf(found),
    takenBy: trunkSid || voiceApplicationSid || '',
  };
}

function webhooksOf(found: IncomingPhoneNumberInstance): NumberWebhooks {
  return {
    voice: webhook(found.voiceUrl, found.voiceMethod),
    fallback: webhook(found.voiceFallbackUrl, found.voiceFallbackMethod),
    status: webhook(found.statusCallback, found.statusCallbackMethod),
  };
}

function webhook(url: string | null, method: string | null): Webhook {
  return { url: url ?? '', method: method === 'GET' ? 'GET' : 'POST' };
}
