/** /audio/speech of the simulated OpenAI. */

import { isRecord, type JsonRecord } from './json-body.ts';
import { findModel } from './openai-models.ts';
import { errorReply, modelNotFound } from './openai-reply.ts';
import type { VendorReply } from './vendor-fault.ts';

export interface ReceivedSpeech {
  readonly model: string;
  readonly voice: string;
  readonly input: string;
}

export type SpeechReading =
  | { readonly ok: true; readonly speech: ReceivedSpeech }
  | { readonly ok: false; readonly reply: VendorReply };

const FIELDS: ReadonlySet<string> = new Set([
  'model',
  'voice',
  'input',
  'response_format',
  'speed',
  'instructions',
  'stream_format',
]);
const VOICES: ReadonlySet<string> = new Set([
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'fable',
  'onyx',
  'nova',
  'sage',
  'shimmer',
  'verse',
  'marin',
  'cedar',
]);
const INPUT_MAX_CHARACTERS = 4096;

export function readSpeech(body: JsonRecord, retiredModels: readonly string[]): SpeechReading {
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return refused(`Unrecognized request argument supplied: ${unknown}`, unknown);
  const { model, voice, input, response_format: format } = body;
  if (typeof model !== 'string') return refused('you must provide a model parameter', 'model');
  if (findModel(model, 'speech', retiredModels) === null) return { ok: false, reply: modelNotFound(model) };
  if (typeof input !== 'string' || input === '')
    return refused("Invalid 'input': a string is needed", 'input');
  if (input.length > INPUT_MAX_CHARACTERS) {
    return refused(`Invalid 'input': string too long (maximum length ${INPUT_MAX_CHARACTERS})`, 'input');
  }
  const isCustom = isRecord(voice) && typeof voice['id'] === 'string';
  if (!isCustom && !(typeof voice === 'string' && VOICES.has(voice))) {
    return refused("Invalid 'voice': unknown voice", 'voice');
  }
  // The stand-in has no MP3 coder, and a telephone wants none.
  if (format !== 'pcm') return refused("Invalid 'response_format' for this simulator", 'response_format');
  return { ok: true, speech: { model, voice: typeof voice === 'string' ? voice : 'custom', input } };
}

function refused(message: string, param: string): SpeechReading {
  return { ok: false, reply: errorReply(400, message, { param, code: 'invalid_value' }) };
}
