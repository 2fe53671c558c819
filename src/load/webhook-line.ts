/**
 * The webhooks of a load: signed as Twilio signs them, over connections that are kept. What must stay a form, its
 * signature and its reading is the simulator's; retries are not made, since a server that needs one is the finding.
 */

import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { callParameters } from '../simulator/call-parameters.ts';
import { signRequest } from '../simulator/sign-request.ts';
import { readTwiml, TWIML_MAX_BYTES, type Verb } from '../simulator/twiml-document.ts';
import type { LoadTarget } from './load-target.ts';

export interface LoadWebhook {
  /** Absolute, or a path: of the public URL. A fragment is not sent. */
  readonly url: string;
  readonly callSid: string;
  readonly callStatus: 'ringing' | 'in-progress';
  readonly to: string;
}

export type WebhookReply =
  | { readonly ok: true; readonly verbs: readonly Verb[]; readonly url: string }
  | { readonly ok: false; readonly why: string };

const ANSWER_MAX_MS = 15_000;
/** Below the server's own time for a silent connection, so that it is we who close. */
const IDLE_MAX_MS = 5000;
const SOCKETS_MAX = 512;
const FROM = '+15005550006';

export class WebhookLine {
  readonly #target: LoadTarget;
  readonly #agent = new Agent({
    keepAlive: true,
    keepAliveMsecs: IDLE_MAX_MS,
    timeout: ANSWER_MAX_MS,
    maxSockets: SOCKETS_MAX,
    maxFreeSockets: SOCKETS_MAX,
  });

  constructor(target: LoadTarget) {
    this.#target = target;
  }

  /** Never rejects. A kept connection that the server has just closed is not the server's failure: asked once more. */
  async post(webhook: LoadWebhook): Promise<WebhookReply> {
    const first = await this.#postOnce(webhook, this.#agent);
    return first === 'stale' ? ((await this.#postOnce(webhook, new Agent())) as WebhookReply) : first;
  }

  close(): void {
    this.#agent.destroy();
  }

  #postOnce(webhook: LoadWebhook, agent: Agent): Promise<WebhookReply | 'stale'> {
    const { accountSid, authToken, host, port, publicUrl } = this.#target;
    if (!URL.canParse(webhook.url, publicUrl)) return Promise.resolve({ ok: false, why: 'malformed URL' });
    const url = new URL(webhook.url, publicUrl);
    url.hash = '';
    const { callSid, callStatus, to } = webhook;
    const parameters = callParameters({ accountSid, callSid, callStatus, from: FROM, to, extra: {} });
    const body = new URLSearchParams([...parameters]).toString();
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        const isStale = outgoing.reusedSocket && error.code === 'ECONNRESET' && agent === this.#agent;
        resolve(isStale ? 'stale' : { ok: false, why: error.code ?? error.message });
      };
      const outgoing = request({
        host,
        port,
        agent,
        method: 'POST',
        path: url.pathname + url.search,
        signal: AbortSignal.timeout(ANSWER_MAX_MS),
        headers: {
          Host: url.host,
          'User-Agent': 'TwilioProxy/1.1',
          Accept: '*/*',
          'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
          'Content-Length': Buffer.byteLength(body),
          'I-Twilio-Idempotency-Token': randomBytes(16).toString('hex'),
          ...(authToken === null
            ? {}
            : { 'X-Twilio-Signature': signRequest(authToken, url.href, parameters) }),
        },
      });
      outgoing.on('error', failed);
      outgoing.on('response', (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes <= TWIML_MAX_BYTES) pieces.push(piece);
          else outgoing.destroy();
        });
        response.on('error', failed);
        response.on('end', () => {
          const { statusCode = 0, headers } = response;
          if (statusCode !== 200) {
            resolve({ ok: false, why: `status ${statusCode}` });
            return;
          }
          const reading = readTwiml(Buffer.concat(pieces), headers['content-type'] ?? null);
          if (reading.ok) resolve({ ok: true, verbs: reading.verbs, url: url.href });
          else resolve({ ok: false, why: `${reading.error.code} ${reading.error.text}` });
        });
      });
      outgoing.end(body);
    });
  }
}
