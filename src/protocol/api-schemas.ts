/** What `/api` says, as schemas: for its description, and to hold its answers against. Types alone are in board-api.ts and dial-api.ts. */
import { z } from 'zod';
import type { BoardSnapshot, CallView, FlowView } from './board-api.ts';
import type { DialView } from './dial-api.ts';

const sinceEpochMs = z.int().min(0).describe('Milliseconds since the Unix epoch.');
const count = z.int().min(0);
const callSid = z.string().regex(/^CA[0-9a-fA-F]{32}$/);
const channel = z.enum(['phone', 'browser']);
const latencyMs = z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number() });

export const snapshotSchema = z
  .strictObject({
    atMs: sinceEpochMs,
    nodeId: z.string(),
    calls: z
      .array(
        z.strictObject({
          callSid,
          channel,
          from: z.string().describe('Who rang; of a call of ours, who was rung. Masked.'),
          question: z.string().describe("The flow's node that spoke last; empty at first."),
          startedAtMs: sinceEpochMs,
          levelDbfs: z.number().min(-100).max(0),
          isSpeaking: z.boolean(),
          botSpeaks: z.boolean(),
          heard: z.string().describe("The caller's last words; masked unless LOG_PII is set."),
          turn: count,
        }),
      )
      .describe('The newest 500.'),
    callCount: count,
    capacity: z.strictObject({ limit: count, inUse: count, lowered: z.boolean(), draining: z.boolean() }),
    workers: z.strictObject({ ready: count, wanted: count, lost: count }),
    store: z.strictObject({ engine: z.string(), isDurable: z.boolean(), deferredCommits: count }),
    vendors: z.array(z.strictObject({ name: z.string(), state: z.string(), detail: z.string() })),
    today: z.strictObject({
      outcomes: z.array(z.strictObject({ name: z.string(), calls: count })),
      turns: count,
      turnLatencyMs: latencyMs.nullable(),
    }),
    loopDelayMs: z.strictObject({ p50: z.number(), p99: z.number() }),
  })
  .describe('What there is at one moment, on this node.') satisfies z.ZodType<BoardSnapshot>;

export const callSchema = z
  .strictObject({
    callSid,
    channel,
    from: z.string().describe('Who rang; of a call of ours, who was rung. Masked.'),
    state: z.enum(['live', 'ended']),
    startedAtMs: sinceEpochMs,
    endedAtMs: sinceEpochMs.nullable(),
    outcome: z.string().nullable().describe("The flow's own word; null while undecided."),
    endReason: z.string().nullable(),
    answers: z.array(z.strictObject({ node: z.string(), value: z.string() })),
    timeline: z.array(
      z.strictObject({
        atMs: z.int().min(0).describe("Milliseconds since the call's start."),
        kind: z.enum([
          'prompt',
          'speech',
          'answer',
          'no-input',
          'no-match',
          'barge-in',
          'digits',
          'vendor',
          'resumed',
          'ended',
        ]),
        text: z.string(),
        durationMs: z.number().exactOptional(),
      }),
    ),
  })
  .describe('One call, live or ended.') satisfies z.ZodType<CallView>;

export const flowSchema = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    nodes: z.array(z.strictObject({ id: z.string(), kind: z.string(), text: z.string() })),
    edges: z.array(
      z.strictObject({ from: z.string(), to: z.string(), label: z.string(), callsToday: count }),
    ),
    start: z.string(),
    names: z.array(z.string()).describe('Of all flows that are served.'),
  })
  .describe('A flow as a graph, with how many calls went each way today.') satisfies z.ZodType<FlowView>;

export const dialSchema = z
  .strictObject({
    dialId: z.string().regex(/^DL[0-9a-f]{32}$/),
    to: z.string().describe('Masked.'),
    from: z.string().describe('Masked.'),
    status: z.enum([
      'waiting',
      'placing',
      'queued',
      'initiated',
      'ringing',
      'in-progress',
      'completed',
      'busy',
      'no-answer',
      'failed',
      'canceled',
      'refused',
      'expired',
    ]),
    callSid: callSid.nullable().describe('Null before the carrier has named it.'),
    answeredBy: z.string().nullable(),
    failure: z.string().nullable().describe('Why it came to nothing.'),
    askedAtMs: sinceEpochMs,
  })
  .describe('An outbound call, from the wish for it to its end.') satisfies z.ZodType<
  Omit<DialView, 'status'>
>;

export const askedSchema = z
  .strictObject({ dialId: z.string().regex(/^DL[0-9a-f]{32}$/), status: z.literal('waiting') })
  .describe('The call is asked for; `GET /api/dials/{dialId}` tells how it goes.');

export const problemSchema = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What to do about it.'),
    code: z.string().describe('For ever the same, as not-local.'),
  })
  .describe('RFC 9457.');

export const sessionSchema = z
  .looseObject({ callToken: z.string(), streamUrl: z.string() })
  .describe('A call of a page: where its stream is opened, and what to ask with when it is lost.');
