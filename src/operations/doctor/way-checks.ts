/**
 * The way of a call through the public address, walked as Twilio walks it: name, TLS, a signed webhook, a signed upgrade. What a
 * proxy on the way rewrites is found here, and not by a caller.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
import { randomBytes } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { WebSocket } from 'ws';
import type { Clock } from '../../clock.ts';
import { VOICE_PATH } from '../../protocol/webhook-paths.ts';
import { checkCertificate, checkName } from './address-checks.ts';
import { error, type Finding, ok, skipped, warning } from './finding.ts';

export interface WayChecksOf {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** Whom the caller rings; E.164. Undefined: a number that no flow names. */
  readonly to: string | undefined;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Of one step. Twilio gives up after 15 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const BODY_MAX_CHARACTERS = 64 * 1024;
/** One of Twilio's own for tests: nobody is rung by it, and nobody has it. */
const TEST_NUMBER = '+15005550006';

/** In order; the first that fails says why the others are left out. */
export async function checkWay(of: WayChecksOf): Promise<readonly Finding[]> {
  const url = new URL(of.publicUrl);
  const named = await checkName(url);
  if (named.level === 'error') return [named, ...leftOut('certificate', 'webhook', 'stream')];
  const certificate = await checkCertificate(url, of.timeoutMs ?? TIMEOUT_MS, of.clock.wallMs());
  if (certificate.level === 'error') return [named, certificate, ...leftOut('webhook', 'stream')];
  const { finding, streamUrl } = await checkWebhook(of);
  const rest = streamUrl === null ? leftOut('stream') : [await checkStream(of, streamUrl)];
  return [named, certificate, finding, ...rest];
}

function leftOut(...abouts: readonly string[]): readonly Finding[] {
  return abouts.map((about) => skipped(about, 'not tried, for the above'));
}

async function checkWebhook({
  accountSid,
  authToken,
  publicUrl,
  timeoutMs = TIMEOUT_MS,
  to = TEST_NUMBER,
}: WayChecksOf): Promise<{
  readonly finding: Finding;
  readonly streamUrl: string | null;
}> {
  const url = publicUrl + VOICE_PATH;
  const parameters = {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    CallSid: `CA${randomBytes(16).toString('hex')}`,
    CallStatus: 'ringing',
    Called: to,
    Caller: TEST_NUMBER,
    Direction: 'inbound',
    From: TEST_NUMBER,
    To: to,
  };
  const failed = (text: string, cure: string) => ({ finding: error('webhook', text, cure), streamUrl: null });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        'X-Twilio-Signature': getExpectedTwilioSignature(authToken, url, parameters),
        'User-Agent': 'TwilioProxy/1.1',
      },
      body: new URLSearchParams(parameters),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = (await response.text()).slice(0, BODY_MAX_CHARACTERS);
  } catch (thrown) {
    const { cause, name } = thrown as Error & { cause?: { code?: unknown } };
    const why =
      name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : String(cause?.code ?? name);
    return failed(
      `${url}: ${why}`,
      'Start the server (npm start), and let the proxy lead to HOST and PORT of it.',
    );
  }
  const { status } = response;
  if (status !== 200)
    return failed(`${url} answered ${status}`, cureOf(status, response.headers.get('location')));
  const streamUrl = streamUrlOf(text);
  if (streamUrl !== null) return { finding: ok('webhook', `a signed call to ${url} is answered`), streamUrl };
  return {
    finding: warning(
      'webhook',
      `a signed call to ${url} is answered, but not by the bot`,
      'Look at /readyz: all lines are busy, or the server is still starting or about to stop.',
    ),
    streamUrl: null,
  };
}

function cureOf(status: number, location: string | null): string {
  if (status === 403)
    return 'The signature was not taken. Either the server runs with another TWILIO_AUTH_TOKEN or PUBLIC_URL than this .env (restart it), or a proxy changes path, query or the X-Twilio-Signature header.';
  if (status === 404)
    return 'The path arrives changed: the proxy must leave it as it is, or PUBLIC_URL must name the prefix that it adds.';
  if (status >= 300 && status < 400)
    return `It leads elsewhere (${location ?? 'no address'}): set PUBLIC_URL to that address, since Twilio signs the one that it was given.`;
  if (status === 502 || status === 504)
    return 'The proxy reaches no server: start it (npm start), and let the proxy lead to its HOST and PORT.';
  return 'Look at the log of the server for what it refused.';
}

/** Null: the document connects to no stream. */
function streamUrlOf(twiml: string): string | null {
  try {
    const document = new XMLParser({ ignoreAttributes: false }).parse(twiml) as {
      Response?: { Connect?: { Stream?: { '@_url'?: unknown } } };
    };
    const url = document.Response?.Connect?.Stream?.['@_url'];
    return typeof url === 'string' ? url : null;
  } catch {
    return null;
  }
}

/** Opens the stream as Twilio does, and closes it before a word: the server takes that for a caller who hung up. */
function checkStream(
  { authToken, timeoutMs = TIMEOUT_MS }: WayChecksOf,
  streamUrl: string,
): Promise<Finding> {
  const shown = new URL(streamUrl).host;
  return new Promise((resolve) => {
    const socket = new WebSocket(streamUrl, {
      headers: { 'X-Twilio-Signature': getExpectedTwilioSignature(authToken, streamUrl, {}) },
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
    });
    const settle = (finding: Finding): void => {
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(finding);
    };
    socket.on('open', () => settle(ok('stream', `a signed stream to ${shown} is opened`)));
    socket.on('unexpected-response', (_request, { statusCode = 0 }) =>
      settle(
        error(
          'stream',
          `${shown} answered the WebSocket with ${statusCode}`,
          statusCode === 403
            ? 'The signature was not taken: a proxy changes path or headers of the upgrade, or STREAM_URL is not the address that the server knows.'
            : 'A proxy on the way passes no WebSockets on: see "Behind nginx" in the README (Upgrade, Connection, HTTP/1.1).',
        ),
      ),
    );
    socket.on('error', (thrown: NodeJS.ErrnoException) =>
      settle(
        error(
          'stream',
          `${shown}: ${thrown.code ?? thrown.message}`,
          'Let the proxy pass WebSockets on, on the same port.',
        ),
      ),
    );
  });
}
