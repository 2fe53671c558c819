/** What the operations need of the configuration: the account at the carrier, and this server's public address. */
import { publicUrlOf, readSettings } from '../config.ts';
import { ConfigError } from '../errors.ts';
import type { TwilioCredentials } from './twilio-account.ts';

export interface CarrierConfig {
  readonly credentials: TwilioCredentials;
  /** Null: none is configured. */
  readonly publicUrl: string | null;
}

const NAMES = [
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_API_BASE_URL',
  'PUBLIC_URL',
  'TWILIO_DOMAIN',
] as const;

/** Reads as the server does, `.env` and environment. Throws ConfigError. */
export function readCarrierConfig(
  environment?: Readonly<Record<string, string | undefined>>,
  directory?: string,
): CarrierConfig {
  const settings = readSettings(NAMES, environment, directory);
  const {
    TWILIO_ACCOUNT_SID: accountSid,
    TWILIO_API_BASE_URL: baseUrl,
    TWILIO_AUTH_TOKEN: authToken,
  } = settings;
  if (accountSid === undefined)
    throw missing('TWILIO_ACCOUNT_SID', 'the SID of your Twilio account, which begins with AC');
  if (authToken === undefined) throw missing('TWILIO_AUTH_TOKEN', 'the auth token of that account');
  return { credentials: { accountSid, authToken, baseUrl }, publicUrl: publicUrlOf(settings) };
}

function missing(name: string, what: string): ConfigError {
  return new ConfigError(
    `${name}: expected ${what} (first page of https://console.twilio.com), received nothing; put it into .env`,
  );
}
