/**
 * One call of a load from the carrier's side: its webhook, its stream, and what is asked when the stream has ended. As
 * Twilio does it, but for what a load has no use for (fallback URLs, retries). Ends once; never rejects.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { signRequest } from '../simulator/sign-request.ts';
import { readStreamNoun } from '../simulator/stream-noun.ts';
import type { Verb } from '../simulator/twiml-document.ts';
import { waitUnlessAborted } from '../simulator/wait-unless-aborted.ts';
import type { CallPlan } from './call-plan.ts';
import { type CallVerdict, verdictOf } from './call-verdict.ts';
import type { LoadTarget } from './load-target.ts';
import type { SenderPool, SentStream, StreamEvent } from './sender-pool.ts';
import type { WebhookLine, WebhookReply } from './webhook-line.ts';

export interface CallSurroundings {
  readonly clock: Clock;
  readonly target: LoadTarget;
  readonly webhooks: Pick<WebhookLine, 'post'>;
  readonly senders: Pick<SenderPool, 'send'>;
  /** Aborted when the run is over: calls that are live then are hung up. */
  readonly over: AbortSignal;
  readonly told: CallNews;
}

/** What is told while the call goes on. Times are of the clock. */
export interface CallNews {
  /** TwiML came that connects a stream. */
  admitted(afterMs: number): void;
  /** TwiML came that ends the call without one. */
  refused(afterMs: number): void;
  stream(plan: CallPlan, event: StreamEvent, placedAtMs: number): void;
}

export interface PlacedCall {
  readonly callSid: string;
  readonly plan: CallPlan;
  readonly verdict: CallVerdict;
  /** Empty where all went well. */
  readonly why: string;
}

type Next = { readonly url: string } | null;

/** A bot silent for so long has ended its turn. */
const TURN_SILENCE_MS = 350;
/** Against TwiML that leads to itself for ever. */
const DOCUMENTS_MAX = 20;
const PAUSE_MAX_MS = 60_000;

export async function placeCall(plan: CallPlan, surroundings: CallSurroundings): Promise<PlacedCall> {
  const { clock, over, told, webhooks } = surroundings;
  const callSid = newSid('CA');
  const placedAtMs = clock.nowMs();
  const ended = (verdict: CallVerdict, why: string): PlacedCall => ({ callSid, plan, verdict, why });
  const ownOrigin = new URL(surroundings.target.publicUrl).origin;
  let next: Next = { url: `${surroundings.target.publicUrl}/voice` };
  let stream: Extract<StreamEvent, { kind: 'ended' }> | null = null;
  for (let documents = 0; next !== null; documents += 1) {
    if (documents === DOCUMENTS_MAX) return ended('dropped', 'too many documents in one call');
    const askedAtMs = clock.nowMs();
    const callStatus = stream === null ? 'ringing' : 'in-progress';
    const reply: WebhookReply = await webhooks.post({ url: next.url, callSid, callStatus, to: plan.to });
    if (!reply.ok) return ended('dropped', `webhook: ${reply.why}`);
    const tookMs = clock.nowMs() - askedAtMs;
    next = null;
    for (const verb of reply.verbs) {
      if (verb.name === 'Connect') {
        if (stream !== null)
          return ended('dropped', `${describe(stream)}, and the server asks for another stream`);
        told.admitted(tookMs);
        const run = await runStream(verb, reply.url, plan, callSid, placedAtMs, surroundings);
        if (typeof run === 'string') return ended('dropped', run);
        stream = run;
        // Who has hung up is not asked about.
        if (run.how === 'hung-up') break;
        const { action } = verb.attributes;
        if (action === undefined) continue;
        const url = URL.parse(action, reply.url);
        if (url === null) return ended('dropped', `an action that is no address: ${action}`);
        next = { url: url.href };
        break;
      } else if (verb.name === 'Redirect') {
        const url = URL.parse(verb.text, reply.url);
        if (url === null) return ended('dropped', `a redirect to what is no address: ${verb.text}`);
        // BUSY_REDIRECT_URL: whoever has the caller now, it is not the server under load.
        if (stream === null && url.origin !== ownOrigin) break;
        next = { url: url.href };
        break;
      } else if (verb.name === 'Pause') {
        const pauseMs = Number(verb.attributes['length'] ?? 1) * 1000;
        await waitUnlessAborted(clock, Math.min(PAUSE_MAX_MS, pauseMs), over);
        if (over.aborted) return ended('cut', '');
      } else if (verb.name === 'Hangup' || verb.name === 'Reject' || verb.name === 'Dial') break;
    }
    if (next === null && stream === null) {
      told.refused(tookMs);
      return ended('refused', '');
    }
  }
  if (stream === null) return ended('dropped', 'no document');
  const verdict = verdictOf(plan, stream, over.aborted);
  return ended(verdict, verdict === 'right' || verdict === 'cut' ? '' : describe(stream));
}

/** Resolves with the stream's end, or with why there was none. */
function runStream(
  verb: Verb,
  baseUrl: string,
  plan: CallPlan,
  callSid: string,
  placedAtMs: number,
  { over, senders, target, told }: CallSurroundings,
): Promise<Extract<StreamEvent, { kind: 'ended' }> | string> {
  const noun = readStreamNoun(
    verb.children.find(({ name }) => name === 'Stream'),
    baseUrl,
    true,
  );
  if (!noun.ok) return Promise.resolve(`${noun.code} ${noun.text}`);
  const url = new URL(noun.url);
  return new Promise((resolve) => {
    let sent: SentStream | null = null;
    const hangUp = (): void => sent?.hangUp();
    sent = senders.send(
      {
        host: target.host,
        port: target.port,
        path: url.pathname,
        headers: {
          Host: url.host,
          'User-Agent': 'Twilio.TmeWs/1.0',
          ...(target.authToken === null
            ? {}
            : { 'X-Twilio-Signature': signRequest(target.authToken, noun.url) }),
        },
        accountSid: target.accountSid,
        callSid,
        streamSid: newSid('MZ'),
        parameters: noun.customParameters,
        turnSilenceMs: TURN_SILENCE_MS,
        steps: plan.steps,
      },
      (event) => {
        told.stream(plan, event, placedAtMs);
        if (event.kind !== 'ended') return;
        over.removeEventListener('abort', hangUp);
        resolve(event);
      },
    );
    over.addEventListener('abort', hangUp);
    if (over.aborted) hangUp();
  });
}

function describe({ how, code, stepsDone, detail }: Extract<StreamEvent, { kind: 'ended' }>): string {
  return `stream ${how}${code === 0 ? '' : ` ${code}`} after ${stepsDone} steps${detail === '' ? '' : `: ${detail}`}`;
}

function newSid(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}
