/** The form of a record's lines, and of what comes in to each plane: a file is checked whole before a replay begins. */
import { z } from 'zod';
import { RECORD_VERSION } from '../journal/record-line.ts';

const count = z.int().min(0);
const atMs = z.number().min(0);
const sha = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256');
const base64 = z.base64();

export const headSchema = z.object({
  record: z.literal('trunkline call'),
  version: z.literal(RECORD_VERSION),
  build: z.string(),
  isa: z.string(),
  recordedAtWallMs: z.number(),
  callSid: z.string(),
  attempt: count,
  carrier: z.literal('twilio'),
  limits: z.object({
    audioWaitMaxMs: atMs,
    callMaxMs: atMs,
    goodbyePromptKey: z.string().nullable(),
  }),
  recognizers: z.array(z.string()),
});

export const audioSchema = z
  .object({
    audio: z.string(),
    key: z.string(),
    format: z.string(),
    wire: base64,
    audioBytes: count.min(1),
    durationMs: z.number().positive(),
    levels: base64,
  })
  .refine(
    ({ audioBytes, wire }) => Buffer.byteLength(wire, 'base64') === audioBytes,
    'expected as many bytes of audio as it says',
  );

export const endSchema = z.object({ end: z.literal(true), at: atMs });

const line = {
  at: atMs,
  run: count.optional(),
  within: z.literal(true).optional(),
  joined: z.literal(true).optional(),
};

/** What goes out is held against what a replay gives, as it is; what is asked, too, but for the answer. */
const outSchema = z.looseObject({
  ...line,
  plane: z.enum(['media', 'call']),
  way: z.literal('out'),
  kind: z.string(),
});
const askSchema = z.looseObject({
  ...line,
  plane: z.enum(['media', 'call']),
  way: z.literal('ask'),
  kind: z.string(),
  answer: z.unknown(),
});

const media = { ...line, plane: z.literal('media'), way: z.literal('in') };
const message = z.looseObject({ kind: z.string() });
const reason = z.string();

const mediaInSchema = z.discriminatedUnion('kind', [
  z.object({ ...media, kind: z.literal('opened') }),
  z
    .object({
      ...media,
      kind: z.literal('message'),
      mediaMs: z.number(),
      text: z.string().optional(),
      isBinary: z.boolean().optional(),
      base64: base64.optional(),
    })
    .refine(({ text, base64: bytes }) => (text === undefined) !== (bytes === undefined), 'text or base64'),
  z.object({ ...media, kind: z.literal('accepted'), callId: count, callBeganAgoMs: z.number() }),
  z.object({ ...media, kind: z.literal('call.started'), run: count }),
  z
    .object({ ...media, kind: z.literal('order'), of: message.optional(), order: z.string().optional() })
    .refine(({ of, order }) => (of === undefined) !== (order === undefined), 'one of of and order'),
  z.object({ ...media, kind: z.literal('goodbye'), promptKey: z.string(), reason }),
  z.object({ ...media, kind: z.literal('end'), reason }),
  z.object({ ...media, kind: z.literal('drained') }),
  z.object({ ...media, kind: z.literal('pinged') }),
  z.object({ ...media, kind: z.literal('pong') }),
  z.object({ ...media, kind: z.literal('closed') }),
  z.object({ ...media, kind: z.literal('timer'), timer: count, dueAtMs: z.number() }),
  z.object({ ...media, kind: z.literal('prompt.ready'), key: z.string() }),
  z.object({ ...media, kind: z.literal('prompt.failed'), key: z.string() }),
]);

const call = { ...line, plane: z.literal('call'), way: z.literal('in'), run: count };
const error = z.object({ name: z.string(), code: z.string(), message: z.string() });
const reply = { ...call, number: count, error: error.optional() };
const callStart = z.object({
  callSid: z.string(),
  streamSid: z.string(),
  attempt: count,
  move: count,
  from: z.string(),
  to: z.string(),
  playFormat: z.string(),
  state: z.unknown(),
  dialed: z
    .object({
      flowHash: sha,
      variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    })
    .optional(),
  isTransferFailed: z.boolean().optional(),
  recordedFromMs: z.number().optional(),
});
const flow = z.object({ fileName: z.string(), directory: z.string(), hash: sha, text: z.string() });

const callInSchema = z.discriminatedUnion('kind', [
  z.object({
    ...call,
    kind: z.literal('begun'),
    callId: count,
    call: callStart,
    flow,
    speculates: z.boolean(),
    understands: z.boolean(),
    wallOriginMs: z.number(),
  }),
  z
    .object({ ...call, kind: z.literal('received'), of: message.optional(), message: z.string().optional() })
    .refine(({ of, message: kind }) => (of === undefined) !== (kind === undefined), 'one of of and message'),
  z.object({ ...call, kind: z.literal('timer'), timer: count, dueAtMs: z.number() }),
  z.object({
    ...reply,
    kind: z.literal('transcript'),
    value: z.object({ text: z.string(), confidence: z.number().nullable(), provider: z.string() }).optional(),
    tries: z.array(z.unknown()).optional(),
  }),
  z.object({ ...reply, kind: z.literal('understood'), value: z.string().nullable().optional() }),
  z.object({ ...reply, kind: z.literal('committed'), value: z.enum(['durable', 'deferred']).optional() }),
]);

export type MediaIn = z.output<typeof mediaInSchema>;
export type CallIn = z.output<typeof callInSchema>;

/** By its plane and way, the form that a line must have; null: it is none of a plane. */
export function lineSchemaOf(plane: unknown, way: unknown): z.ZodType | null {
  if (way === 'out') return outSchema;
  if (way === 'ask') return askSchema;
  if (way !== 'in') return null;
  if (plane === 'media') return mediaInSchema;
  return plane === 'call' ? callInSchema : null;
}
