/**
 * One webhook as Twilio makes it: a signed form POST (or GET) with its time-outs, the retries that the URL's fragment asks
 * for, redirects, and its error codes when nothing usable came. Results by value.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Clock } from '../clock.ts';
import { addressOf, type Routing } from './routing.ts';
import { signRequest } from './sign-request.ts';
import { TWIML_MAX_BYTES } from './twiml-document.ts';
import { waitUnlessAborted } from './wait-unless-aborted.ts';

export interface WebhookRequest {
  /** Absolute, with its fragment. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly parameters: ReadonlyMap<string, string>;
  /** The same for every attempt of one event. */
  readonly idempotencyToken: string;
  readonly signal: AbortSignal;
}

export interface WebhookSetting {
  readonly clock: Clock;
  readonly authToken: string;
  readonly routing: Routing;
  /** The URL as it is signed; tests of signatures change it. Without fragment, as given. */
  readonly signedUrl: (url: string) => string;
  /** What any attempt costs, also one that is refused: no carrier stands on our loopback. */
  readonly roundTripMs: number;
}

export type WebhookAnswer =
  | {
      readonly ok: true;
      readonly statusCode: number;
      readonly contentType: string | null;
      readonly body: Uint8Array;
      readonly attempts: number;
      readonly url: string;
    }
  | {
      readonly ok: false;
      readonly code: number;
      readonly text: string;
      readonly statusCode: number | null;
      readonly attempts: number;
    };

/** `ct`: not connected. `rt`: connected, but no or half an answer. The rest are never worth another try, but for rp=all. */
type Failure = 'ct' | 'rt' | '4xx' | '5xx' | 'other';

type Attempt =
  | { readonly kind: 'answer'; readonly message: IncomingMessage; readonly body: Buffer }
  | {
      readonly kind: 'failure';
      readonly failure: Failure;
      readonly code: number;
      readonly text: string;
      readonly statusCode: number | null;
    };

const REDIRECTS_MAX = 10;

/** Twilio's defaults and bounds, in ms and tries. */
function overridesOf(url: string) {
  const hash = url.indexOf('#');
  const given = new URLSearchParams(hash === -1 ? '' : url.slice(hash + 1));
  const number = (name: string, fallback: number, min: number, max: number) => {
    const text = given.get(name);
    const value = text === null ? Number.NaN : Number(text);
    return Number.isInteger(value) ? Math.min(max, Math.max(min, value)) : fallback;
  };
  return {
    connectMs: number('ct', 5000, 100, 10_000),
    readMs: number('rt', 15_000, 100, 15_000),
    totalMs: number('tt', 15_000, 100, 15_000),
    retries: number('rc', 1, 0, 5),
    policy: new Set((given.get('rp') ?? 'ct').split(',')),
  };
}

/** Makes the request, with every retry that is due. Retries follow at once: Twilio documents no pause between them. */
export async function fetchWebhook(webhook: WebhookRequest, setting: WebhookSetting): Promise<WebhookAnswer> {
  const overrides = overridesOf(webhook.url);
  const untilMs = setting.clock.nowMs() + overrides.totalMs;
  let url = webhook.url.replace(/#.*$/s, '');
  let method = webhook.method;
  let attempts = 0;
  let redirects = 0;
  for (;;) {
    attempts += 1;
    await waitUnlessAborted(setting.clock, setting.roundTripMs, webhook.signal);
    if (!URL.canParse(url) || !/^https?:/i.test(url)) {
      return { ok: false, code: 11100, text: 'malformed URL', statusCode: null, attempts };
    }
    const attempt = await tryOnce(url, method, webhook, setting, overrides, untilMs);
    if (attempt.kind === 'answer') {
      const statusCode = attempt.message.statusCode ?? 0;
      const { location } = attempt.message.headers;
      if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
        redirects += 1;
        if (redirects > REDIRECTS_MAX) {
          return { ok: false, code: 11215, text: 'too many redirects', statusCode, attempts };
        }
        url = URL.canParse(location, url) ? new URL(location, url).href : location;
        if (statusCode !== 307 && statusCode !== 308) method = 'GET';
        attempts -= 1;
        continue;
      }
      const contentType = attempt.message.headers['content-type'] ?? null;
      return { ok: true, statusCode, contentType, body: attempt.body, attempts, url };
    }
    const { code, text, statusCode, failure } = attempt;
    const worthIt = overrides.policy.has('all') || overrides.policy.has(failure);
    if (
      !worthIt ||
      attempts > overrides.retries ||
      setting.clock.nowMs() >= untilMs ||
      webhook.signal.aborted
    ) {
      return { ok: false, code, text, statusCode, attempts };
    }
  }
}

function tryOnce(
  url: string,
  method: 'GET' | 'POST',
  webhook: WebhookRequest,
  setting: WebhookSetting,
  overrides: ReturnType<typeof overridesOf>,
  untilMs: number,
): Promise<Attempt> {
  const { clock, routing } = setting;
  const target = new URL(url);
  if (method === 'GET')
    for (const [name, value] of webhook.parameters) target.searchParams.append(name, value);
  const body = method === 'GET' ? '' : new URLSearchParams([...webhook.parameters]).toString();
  const signed = setting.signedUrl(method === 'GET' ? target.href : url);
  const address = addressOf(target, routing);
  return new Promise((resolve) => {
    const settle = (attempt: Attempt) => {
      clock.clearTimer(timer);
      webhook.signal.removeEventListener('abort', abort);
      request.destroy();
      resolve(attempt);
    };
    const fail = (failure: Failure, code: number, text: string, statusCode: number | null = null) =>
      settle({ kind: 'failure', failure, code, text, statusCode });
    const request = (address.tls ? httpsRequest : httpRequest)({
      host: address.host,
      port: address.port,
      method,
      path: target.pathname + target.search,
      agent: false,
      ...(address.tls
        ? { ca: routing.ca, ...(isIP(target.hostname) === 0 ? { servername: target.hostname } : {}) }
        : {}),
      headers: {
        Host: target.host,
        'User-Agent': 'TwilioProxy/1.1',
        Accept: '*/*',
        'X-Twilio-Signature': signRequest(
          setting.authToken,
          signed,
          method === 'GET' ? undefined : webhook.parameters,
        ),
        'I-Twilio-Idempotency-Token': webhook.idempotencyToken,
        ...(method === 'GET'
          ? {}
          : {
              'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
              'Content-Length': Buffer.byteLength(body),
            }),
      },
    });
    const deadline = (delayMs: number, failure: 'ct' | 'rt', text: string) =>
      clock.setTimer(Math.min(delayMs, Math.max(0, untilMs - clock.nowMs())), () =>
        fail(failure, 11205, text),
      );
    let timer = deadline(overrides.connectMs, 'ct', 'connect time-out');
    const waitToRead = () => {
      clock.clearTimer(timer);
      timer = deadline(overrides.readMs, 'rt', 'read time-out');
    };
    const abort = () => fail('other', 11200, 'the call ended');
    webhook.signal.addEventListener('abort', abort);
    if (webhook.signal.aborted) abort();
    let connected = false;
    request.on('socket', (socket) => {
      socket.once(address.tls ? 'secureConnect' : 'connect', () => {
        connected = true;
        waitToRead();
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const { failure, code } = classify(error, connected);
      fail(failure, code, error.message);
    });
    request.on('response', (message) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      message.on('data', (chunk: Buffer) => {
        waitToRead();
        bytes += chunk.length;
        if (bytes <= TWIML_MAX_BYTES) chunks.push(chunk);
        else {
          // One byte too many is enough to see that it is too long.
          settle({ kind: 'answer', message, body: Buffer.alloc(TWIML_MAX_BYTES + 1) });
        }
      });
      message.on('error', (error) => fail('rt', 11200, error.message));
      message.on('end', () => {
        const statusCode = message.statusCode ?? 0;
        if (statusCode >= 400) {
          fail(statusCode < 500 ? '4xx' : '5xx', 11200, `HTTP ${statusCode}`, statusCode);
        } else settle({ kind: 'answer', message, body: Buffer.concat(chunks) });
      });
    });
    request.end(body);
  });
}

function classify(error: NodeJS.ErrnoException, connected: boolean): { failure: Failure; code: number } {
  const code = error.code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { failure: 'ct', code: 11210 };
  if (/CERT|SELF_SIGNED|ALTNAME/.test(code)) return { failure: 'ct', code: 11237 };
  if (/SSL|TLS|EPROTO/.test(code)) return { failure: 'ct', code: 11220 };
  if (code.startsWith('HPE_')) return { failure: 'rt', code: 11206 };
  return connected ? { failure: 'rt', code: 11200 } : { failure: 'ct', code: 11205 };
}
