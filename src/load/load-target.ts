/** The server under load: where it really is, and what it is told that it is called. */
import { lookup } from 'node:dns/promises';
import { ConfigError } from '../errors.ts';

export interface LoadTarget {
  /** Numeric. */
  readonly host: string;
  readonly port: number;
  /** As Twilio knows the server, and signs for it; without trailing slash. */
  readonly publicUrl: string;
  /** Null: nothing is signed, as for a server that serves this machine only. */
  readonly authToken: string | null;
  readonly accountSid: string;
}

const ACCOUNT_SID = `AC${'0'.repeat(32)}`;

/** `url`: plain HTTP; who serves TLS is loaded behind it. Rejects with ConfigError. */
export async function toLoadTarget(
  url: string,
  publicUrl: string | null,
  authToken: string | null,
  accountSid: string | null = null,
): Promise<LoadTarget> {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:' || parsed.search !== '' || parsed.hash !== '') {
    throw new ConfigError(
      `--url: expected where the server itself listens, as http://127.0.0.1:8080 (TLS ends before it; give its public name with --public-url), received ${JSON.stringify(url)}`,
    );
  }
  if (publicUrl !== null && authToken === null) {
    throw new ConfigError(
      '--public-url: expected the auth token that its requests are signed with, in TWILIO_AUTH_TOKEN or --auth-token-file, received none',
    );
  }
  if (publicUrl === null && authToken !== null) {
    throw new ConfigError(
      '--public-url: expected the URL that Twilio signs for (PUBLIC_URL of the server), since there is an auth token, received nothing',
    );
  }
  const name = parsed.hostname.replace(/^\[|\]$/g, '');
  const address = await lookup(name).catch(() => {
    throw new ConfigError(`--url: expected a host that has an address, received ${JSON.stringify(name)}`);
  });
  return {
    host: address.address,
    port: parsed.port === '' ? 80 : Number(parsed.port),
    publicUrl: (publicUrl ?? url).replace(/\/+$/, ''),
    authToken,
    accountSid: accountSid ?? ACCOUNT_SID,
  };
}
