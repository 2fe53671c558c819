/**
 * The flow file's format as zod sees it: shapes, kinds and ranges, with a description of every key (editors show them,
 * through `flows/flow.schema.json`). What needs more than one place of the file to judge is checked by `check-flow.ts`.
 */
import { z } from 'zod';
import { messagesSchema } from '../messages.ts';

const NODES_MAX = 500;

/** Names of nodes, variables, choices. Begins with a letter: nothing like `__proto__`. */
export const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const E164 = /^\+[1-9]\d{6,14}$/;
const DESTINATION =
  /^(?:\+[1-9]\d{6,14}|sips?:[A-Za-z0-9._~%+-]+@[A-Za-z0-9.-]+(?::\d{1,5})?(?:;[A-Za-z0-9=.;_-]*)?)$/;

const name = (what: string) =>
  z
    .string()
    .regex(NAME, { error: `Expected ${what}: a letter, then letters, digits, "_" or "-", at most 64` });
const nodeName = name('the name of a node');
const spokenText = z.string().trim().min(1).max(1_000);
const audioPath = z.string().min(1).max(500).describe('A WAV file, relative to this file.');
const ms = (min: number, max: number, about: string) => z.int().min(min).max(max).describe(about).optional();

const prompt = {
  text: spokenText
    .describe('What is said; {{name}} is filled in. With audio: what the recording says.')
    .optional(),
  audio: audioPath.optional(),
};

const reprompts = z
  .array(z.union([spokenText, z.strictObject(prompt)]))
  .min(1)
  .max(9);

const rules = z
  .array(
    z.strictObject({
      when: z
        .string()
        .min(1)
        .max(500)
        .describe('A condition over answers and variables, as: age < 18 and not smoker')
        .optional(),
      goto: nodeName.describe('The node to go on with when the condition holds.'),
    }),
  )
  .min(1)
  .max(50);

const nextOfSay = z
  .union([nodeName, rules])
  .describe('The node to go on with, or rules: the first that holds decides.');
const nextOfAnswer = z
  .union([nodeName, z.record(z.string(), nodeName), rules])
  .describe('The node to go on with, a map from answer to node, or rules: the first that holds decides.');

const bargeIn = z
  .boolean()
  .describe('Whether the caller may speak over the prompt. Default true.')
  .optional();

const asking = {
  kind: z.literal('ask'),
  ...prompt,
  barge_in: bargeIn,
  no_input: reprompts.describe('Said when nothing was heard: first try, second try, and so on.').optional(),
  no_match: reprompts
    .describe('Said when the answer was not understood: first try, second try, and so on.')
    .optional(),
  tries: z
    .int()
    .min(1)
    .max(10)
    .describe('Failed tries after which `otherwise` is taken. Default 3.')
    .optional(),
  end_of_speech_ms: ms(100, 3_000, 'Silence that ends an answer, in milliseconds.'),
  max_utterance_ms: ms(1_000, 30_000, 'Longest answer, in milliseconds.'),
  no_input_ms: ms(
    1_000,
    600_000,
    'How long to wait for an answer to begin, in milliseconds. A call ends after CALL_MAX_SECONDS (120) all the same.',
  ),
  otherwise: nodeName
    .describe('The node after too many tries. Default: a polite end, outcome `undecided`.')
    .optional(),
};
const keypad = <T extends z.ZodType>(answer: T) =>
  z.record(z.string().regex(/^[0-9*#]$/, { error: 'Expected a key: 0 to 9, * or #' }), answer).optional();
const interDigit = ms(500, 10_000, 'Pause after a key that ends the entry, in milliseconds. Default 3000.');
const words = z.array(z.string().trim().min(1).max(100)).max(50);

const askYesNo = z.strictObject({
  ...asking,
  answer: z.literal('yes-no'),
  yes: words.describe('Phrases that also mean yes here, as: I smoke').optional(),
  no: words.describe("Phrases that also mean no here, as: I don't smoke").optional(),
  keypad: keypad(z.enum(['yes', 'no'])).describe('Key to answer. Default 1 yes, 2 no.'),
  next: nextOfAnswer,
});
const askChoice = z.strictObject({
  ...asking,
  answer: z.literal('choice'),
  choices: z
    .record(name('the name of a choice'), words)
    .describe('Each choice with the words it is recognized by, beside its name.'),
  keypad: keypad(z.string()).describe('Key to choice. Default: 1, 2, 3 in order.'),
  next: nextOfAnswer,
});
const askNumber = z.strictObject({
  ...asking,
  answer: z.literal('number'),
  min: z.number().min(-1e9).max(1e9).describe('Smallest answer that is understood. Default 0.').optional(),
  max: z
    .number()
    .min(-1e9)
    .max(1e9)
    .describe('Largest answer that is understood. Default 999999.')
    .optional(),
  decimals: z.boolean().describe('Whether 65.5 is an answer. Default false.').optional(),
  units: words.describe('Words that may follow the number, as: days').optional(),
  inter_digit_ms: interDigit,
  next: nextOfAnswer,
});
const askDigits = z.strictObject({
  ...asking,
  answer: z.literal('digits'),
  length: z.int().min(1).max(32).describe('Exact count of digits; the entry ends by itself.').optional(),
  min_length: z.int().min(1).max(32).describe('Fewest digits. Default 1.').optional(),
  max_length: z.int().min(1).max(32).describe('Most digits. Default 20.').optional(),
  inter_digit_ms: interDigit,
  next: nextOfAnswer,
});
const say = z.strictObject({ kind: z.literal('say'), ...prompt, barge_in: bargeIn, next: nextOfSay });
const outcome = name('an outcome');
const end = z.strictObject({
  kind: z.literal('end'),
  ...prompt,
  barge_in: bargeIn,
  outcome: outcome.describe('What the record of the call says, as: eligible'),
  opt_out: z
    .boolean()
    .describe(
      'Whether the number is put on the do-not-call list, as after "stop calling": for a key of one\'s own.',
    )
    .optional(),
});
const record = z.strictObject({
  kind: z.literal('record'),
  ...prompt,
  barge_in: bargeIn,
  recording: z
    .enum(['start', 'stop'])
    .describe('Whether the call is recorded from here on (RECORD_AUDIO records every call from its start).'),
  consent: nodeName
    .describe('With start: a yes-no question. Without its yes, nothing is said here and nothing recorded.')
    .optional(),
  next: nextOfSay,
});
const transfer = z.strictObject({
  kind: z.literal('transfer'),
  ...prompt,
  barge_in: bargeIn,
  to: z
    .string()
    .regex(DESTINATION, { error: 'Expected a number as +12025550123 (E.164) or a sip: address' })
    .describe('A number (E.164) or a sip: address.'),
  whisper: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .describe('Said to whoever answers, before the caller is put through; {{name}} is filled in.')
    .optional(),
  ring_seconds: z.int().min(5).max(60).describe('How long it rings, in seconds. Default 20.').optional(),
  otherwise: nodeName
    .describe('The node when nobody answers. Default: a polite end, outcome `not-transferred`.')
    .optional(),
  outcome: outcome.describe('What the record of the call says. Default transferred.').optional(),
});

export const askSchemas = { 'yes-no': askYesNo, choice: askChoice, number: askNumber, digits: askDigits };
export const nodeSchemas = { say, record, end, transfer };

const node = z.discriminatedUnion('kind', [
  say,
  record,
  z.discriminatedUnion('answer', [askYesNo, askChoice, askNumber, askDigits]),
  end,
  transfer,
]);

export const intentsSchema = z.strictObject({
  'opt-out': z
    .union([nodeName, z.literal(false)])
    .describe('Node after "stop calling". false: not recognized. Default: a polite end, outcome `opt-out`.')
    .optional(),
  operator: z
    .union([nodeName, z.literal(false)])
    .describe('Node after "operator", "an agent". Default: not recognized.')
    .optional(),
  repeat: z.boolean().describe('Whether "say that again" repeats the question. Default true.').optional(),
});

export const flowFileSchema = z
  .strictObject({
    flow: name('a name for the flow').describe("The flow's name."),
    version: z.literal(1).describe('Version of this format: 1.'),
    language: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, { error: 'Expected a language tag, as en or en-US' })
      .describe('Language of prompts and answers (BCP 47). Default en.')
      .optional(),
    voice: z.string().min(1).max(100).describe('Voice of the synthesizer. Default slt.').optional(),
    start: nodeName.describe('The node that a call begins with.'),
    numbers: z
      .array(z.string().regex(E164, { error: 'Expected a number as +12025550123 (E.164), in quotes' }))
      .max(100)
      .describe('Called numbers that this flow serves.')
      .optional(),
    variables: z
      .record(
        name('the name of a variable'),
        z.union([z.string().max(200), z.number(), z.boolean()], {
          error: 'Expected a text, a number, true or false',
        }),
      )
      .describe('Variables with their defaults; a call may bring other values.')
      .optional(),
    voicemail: nodeName
      .describe(
        'The node that an answering machine hears, after its tone. Default: the call is hung up, outcome `machine`.',
      )
      .optional(),
    intents: intentsSchema.describe('What callers may say at any question.').optional(),
    messages: messagesSchema.partial().describe('System texts, where the defaults do not fit.').optional(),
    nodes: z
      .record(nodeName, node)
      .refine((nodes) => Object.keys(nodes).length <= NODES_MAX, {
        error: `Expected at most ${NODES_MAX} nodes`,
      })
      .describe('The nodes of the flow, by name.'),
  })
  .describe('A Trunkline flow.');

export type FlowFile = z.infer<typeof flowFileSchema>;
export type FileNode = FlowFile['nodes'][string];
export type FileAsk = Extract<FileNode, { kind: 'ask' }>;
export type FilePrompt = { readonly text?: string | undefined; readonly audio?: string | undefined };
