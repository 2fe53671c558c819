/** /audio/transcriptions of the simulated OpenAI: what the real one rejects is rejected, the rest is an utterance. */

import { type FormPart, parseMultipart } from './multipart-form.ts';
import { findModel } from './openai-models.ts';
import { errorReply, modelNotFound } from './openai-reply.ts';
import { parseStrictWav } from './strict-wav.ts';
import type { VendorReply } from './vendor-fault.ts';
import type { VendorRequest } from './vendor-server.ts';

export interface ReceivedUtterance {
  readonly model: string;
  readonly fileName: string;
  readonly sampleRateHz: number;
  readonly samples: Int16Array;
  /** Of either field. */
  readonly languages: readonly string[];
  readonly keywords: readonly string[];
}

export type TranscriptionReading =
  | { readonly ok: true; readonly utterance: ReceivedUtterance }
  | { readonly ok: false; readonly reply: VendorReply };

const FIELDS: ReadonlySet<string> = new Set([
  'file',
  'model',
  'response_format',
  'language',
  'languages[]',
  'keywords[]',
  'prompt',
  'temperature',
  'stream',
]);
const EXTENSIONS: ReadonlySet<string> = new Set([
  'flac',
  'mp3',
  'mp4',
  'mpeg',
  'mpga',
  'm4a',
  'ogg',
  'wav',
  'webm',
]);
const KEYWORDS_MAX = 100;
const DURATION_MIN_S = 0.1;

export function readTranscription(
  request: VendorRequest,
  retiredModels: readonly string[],
): TranscriptionReading {
  const parts = parseMultipart(request.body, request.headers['content-type']);
  if (parts === null) return refused('Could not parse multipart form');
  const problem = fieldProblem(parts, retiredModels);
  if (problem !== null) return { ok: false, reply: problem };
  const file = parts.find((part) => part.name === 'file')!;
  const wav = parseStrictWav(file.bytes);
  if (wav === null) {
    return refused(
      'Invalid file format. Audio file might be corrupted or unsupported',
      'file',
      'invalid_value',
    );
  }
  if (wav.samples.length / wav.sampleRateHz < DURATION_MIN_S) {
    return refused(
      'Audio file is too short. Minimum audio length is 0.1 seconds.',
      'file',
      'audio_too_short',
    );
  }
  return {
    ok: true,
    utterance: {
      model: fieldOf(parts, 'model')!,
      fileName: file.fileName!,
      ...wav,
      languages: [...valuesOf(parts, 'language'), ...valuesOf(parts, 'languages[]')],
      keywords: valuesOf(parts, 'keywords[]'),
    },
  };
}

/** Null if every field is one that this model takes. */
function fieldProblem(parts: readonly FormPart[], retiredModels: readonly string[]): VendorReply | null {
  const unknown = parts.find((part) => !FIELDS.has(part.name));
  if (unknown !== undefined) return wrong(`Unrecognized request argument supplied: ${unknown.name}`);
  const name = fieldOf(parts, 'model');
  if (name === undefined) return wrong('you must provide a model parameter', 'model');
  const model = findModel(name, 'transcriptions', retiredModels);
  if (model === null) return modelNotFound(name);
  const file = parts.find((part) => part.name === 'file');
  if (file === undefined) return wrong('you must provide a file parameter', 'file');
  if (
    file.fileName === null ||
    !EXTENSIONS.has(file.fileName.split('.').at(-1)!) ||
    !file.fileName.includes('.')
  ) {
    return wrong(`Unrecognized file format. Supported formats: ${[...EXTENSIONS].join(', ')}`, 'file');
  }
  const wrongHint = (model.takesLists ? ['language'] : ['languages[]', 'keywords[]']).find(
    (field) => fieldOf(parts, field) !== undefined,
  );
  if (wrongHint !== undefined) {
    return wrong(
      `Unsupported parameter: '${wrongHint}' is not supported with the '${name}' model.`,
      wrongHint,
    );
  }
  const languages = [...valuesOf(parts, 'language'), ...valuesOf(parts, 'languages[]')];
  if (languages.some((language) => !/^[a-z]{2}$/.test(language))) {
    return wrong('Invalid language. Language parameter must be specified in ISO-639-1 format.', 'language');
  }
  const keywords = valuesOf(parts, 'keywords[]');
  if (keywords.length > KEYWORDS_MAX || keywords.some((keyword) => keyword === '')) {
    return wrong("Invalid 'keywords'.", 'keywords');
  }
  const format = fieldOf(parts, 'response_format') ?? 'json';
  return format === 'json' ? null : wrong(`response_format '${format}' is not compatible`, 'response_format');
}

function fieldOf(parts: readonly FormPart[], name: string): string | undefined {
  return parts.find((part) => part.name === name)?.bytes.toString('utf8');
}

function valuesOf(parts: readonly FormPart[], name: string): string[] {
  return parts.filter((part) => part.name === name).map((part) => part.bytes.toString('utf8'));
}

function wrong(message: string, param: string | null = null, code: string | null = null): VendorReply {
  return errorReply(400, message, { param, code });
}

function refused(message: string, param?: string, code?: string): TranscriptionReading {
  return { ok: false, reply: wrong(message, param, code) };
}
