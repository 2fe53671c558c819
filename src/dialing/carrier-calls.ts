/**
 * Outbound calls at the carrier: placed, looked for, looked at. Field names as Twilio's OpenAPI description has them.
 * https://www.twilio.com/docs/voice/api/call-resource#create-a-call
 */
import { type AskCarrier, type CarrierReply, carrierCodeOf } from '../carrier-request.ts';
import { type Dial, type DialStatus, toCarrierStatus } from '../channel/dial-messages.ts';
import { maskDigits } from '../masked.ts';
import {
  FALLBACK_PATH,
  MACHINE_PATH,
  OUTBOUND_PATH,
  OUTBOUND_STATUS_PATH,
  RETRY_FRAGMENT,
} from '../protocol/webhook-paths.ts';

/** A call as the carrier has it. */
export interface CarrierCall {
  readonly callSid: string;
  readonly status: DialStatus;
  readonly answeredBy: string | null;
  /** Since the Unix epoch; 0 where the carrier does not say. */
  readonly createdAtWallMs: number;
}

/**
 * `later`: nobody was rung, and it may be tried again. `refused`: nobody was rung, and asking again is of no use. `unknown`: somebody
 * may have been.
 */
export type Placed =
  | { readonly kind: 'placed'; readonly call: CarrierCall }
  | { readonly kind: 'later' | 'refused' | 'unknown'; readonly reason: string };

export interface CarrierCalls {
  /** None of these rejects. */
  place(dial: Dial): Promise<Placed>;
  /** The newest between these two numbers; null: the carrier does not say. */
  find(dial: Dial): Promise<readonly CarrierCall[] | null>;
  /** `none`: it has no such call. Null: it does not say. */
  look(callSid: string): Promise<CarrierCall | 'none' | null>;
}

/** Longer than most people let it ring, shorter than most machines take to answer. */
const RING_SECONDS = 30;
const FOUND_MAX = 50;
const EVENTS = ['initiated', 'ringing', 'answered', 'completed'] as const;
const CURES: Readonly<Record<number, string>> = {
  20003: 'TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be of one account, and live',
  21210: 'the account does not have the number that is to call, nor has it been verified',
  21211: 'there is no such number to be called',
  21214: 'this number cannot be reached',
  21215: 'the account may not call this country (console: Voice, Geo permissions)',
  21219: 'a trial account calls verified numbers only',
};

export function carrierCalls(ask: AskCarrier, publicUrl: string): CarrierCalls {
  return {
    place: async (dial) =>
      toPlaced(await ask({ method: 'POST', path: '/Calls.json', fields: fieldsOf(dial, publicUrl) })),
    find: async ({ from, to }) => {
      const fields = [
        ['To', to],
        ['From', from],
        ['PageSize', String(FOUND_MAX)],
      ] as const;
      const reply = await ask({ method: 'GET', path: '/Calls.json', fields });
      if (!isGood(reply)) return null;
      const { calls } = reply.body;
      return Array.isArray(calls) ? calls.map(toCall).filter((call) => call !== null) : null;
    },
    look: async (callSid) => {
      const reply = await ask({ method: 'GET', path: `/Calls/${callSid}.json`, fields: [] });
      if (reply.kind === 'answered' && reply.status === 404) return 'none';
      return isGood(reply) ? toCall(reply.body) : null;
    },
  };
}

function fieldsOf(
  { dialId, from, machineDetection, to }: Dial,
  publicUrl: string,
): (readonly [string, string])[] {
  return [
    ['To', to],
    ['From', from],
    ['Url', publicUrl + OUTBOUND_PATH + dialId + RETRY_FRAGMENT],
    ['Method', 'POST'],
    ['FallbackUrl', publicUrl + FALLBACK_PATH],
    ['FallbackMethod', 'POST'],
    ['StatusCallback', publicUrl + OUTBOUND_STATUS_PATH + dialId + RETRY_FRAGMENT],
    ['StatusCallbackMethod', 'POST'],
    ...EVENTS.map((event) => ['StatusCallbackEvent', event] as const),
    ['Timeout', String(RING_SECONDS)],
    ...machineFields(machineDetection, publicUrl + MACHINE_PATH + dialId),
  ];
}

/** https://www.twilio.com/docs/voice/answering-machine-detection */
function machineFields(detection: Dial['machineDetection'], url: string): (readonly [string, string])[] {
  if (detection === 'off') return [];
  const waits = ['MachineDetection', 'DetectMessageEnd'] as const;
  if (detection === 'sync') return [waits];
  return [
    waits,
    ['AsyncAmd', 'true'],
    ['AsyncAmdStatusCallback', url + RETRY_FRAGMENT],
    ['AsyncAmdStatusCallbackMethod', 'POST'],
  ];
}

function toPlaced(reply: CarrierReply): Placed {
  if (reply.kind !== 'answered')
    return { kind: reply.kind === 'unsent' ? 'later' : 'unknown', reason: reply.reason };
  const { body, status } = reply;
  const code = carrierCodeOf(body);
  const why =
    code === null
      ? ''
      : `: ${CURES[code] ?? messageOf(body)} (error ${code}: https://www.twilio.com/docs/api/errors/${code})`;
  const reason = `HTTP ${status}${why}`;
  if (status >= 200 && status < 300) {
    const call = toCall(body);
    return call === null
      ? { kind: 'unknown', reason: 'an answer that names no call' }
      : { kind: 'placed', call };
  }
  if (status === 429) return { kind: 'later', reason };
  return { kind: status >= 500 ? 'unknown' : 'refused', reason };
}

function isGood(reply: CarrierReply): reply is Extract<CarrierReply, { kind: 'answered' }> {
  return reply.kind === 'answered' && reply.status >= 200 && reply.status < 300;
}

function messageOf({ message }: Readonly<Record<string, unknown>>): string {
  // It may name whom we called.
  return typeof message === 'string' ? String(maskDigits(message.slice(0, 200))) : 'no reason was given';
}

/** Null for what is no call. */
function toCall(given: unknown): CarrierCall | null {
  const { answered_by, date_created, sid, status } = given as Readonly<Record<string, unknown>>;
  if (typeof sid !== 'string' || !/^CA[0-9a-fA-F]{32}$/.test(sid)) return null;
  const createdAtWallMs = typeof date_created === 'string' ? Date.parse(date_created) : Number.NaN;
  return {
    callSid: sid,
    status: toCarrierStatus(String(status)) ?? 'queued',
    answeredBy: typeof answered_by === 'string' ? answered_by : null,
    createdAtWallMs: Number.isNaN(createdAtWallMs) ? 0 : createdAtWallMs,
  };
}
