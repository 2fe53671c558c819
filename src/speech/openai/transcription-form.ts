/**
 * The multipart body of a transcription request, made by hand: the SDK's own way (`File`, `FormData` and their readers)
 * costs a quarter more CPU a request (bench/recognizer.ts).
 */
import { randomUUID } from 'node:crypto';
import type { PcmAudio } from '../../audio/audio-format.ts';
import { wavHeader } from '../../audio/wav.ts';
import type { TranscriptionHints } from './transcription-hints.ts';

/** Nobody can know it, so neither keywords nor audio can hold it. */
const BOUNDARY = `trunkline-${randomUUID()}`;

export const FORM_CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export function transcriptionForm(
  { samples, sampleRateHz }: PcmAudio,
  model: string,
  hints: TranscriptionHints,
): Uint8Array<ArrayBuffer> {
  const { language, languages = [], keywords = [] } = hints;
  const fields = [
    field('model', model),
    field('response_format', 'json'),
    ...(language === undefined ? [] : [field('language', language)]),
    ...languages.map((name) => field('languages[]', name)),
    ...keywords.map((keyword) => field('keywords[]', keyword)),
  ];
  return Buffer.concat([
    Buffer.from(
      // The name matters: the API knows the format by its ending.
      `${fields.join('')}--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="audio.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
    ),
    wavHeader(samples.length, sampleRateHz),
    new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

function field(name: string, value: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}
