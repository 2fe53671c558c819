/**
 * Utterances to text by an OpenAI-compatible `/audio/transcriptions`: 16 kHz WAV, multipart, connections kept open. By
 * `node:http` and a form made by hand, which cost half of `fetch` and `FormData` (bench/README.md, recognizer).
 */
import { randomUUID } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { endianness } from 'node:os';
import { resampleTo16Khz } from './resample.ts';

const MODEL = 'gpt-transcribe';
const RATE_HZ = 16_000;
const CONNECTIONS_MAX = 256;
const ANSWER_MAX_MS = 10_000;
const ANSWER_MAX_BYTES = 64 * 1024;
const BOUNDARY = `peer-${randomUUID()}`;
const FORM_HEAD = Buffer.from(
  `${field('model', MODEL)}${field('response_format', 'json')}${field('languages[]', 'en')}` +
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="audio.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
);
const FORM_TAIL = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);

export class Recognizer {
  readonly #url: URL;
  readonly #apiKey: string;
  readonly #agent: HttpAgent;

  constructor(baseUrl: string, apiKey: string) {
    if (endianness() !== 'LE')
      throw new Error('Expected a little-endian machine: WAV samples are sent as they are');
    this.#url = new URL(`${baseUrl.replace(/\/+$/, '')}/audio/transcriptions`);
    this.#apiKey = apiKey;
    const options = { keepAlive: true, maxSockets: CONNECTIONS_MAX, maxFreeSockets: CONNECTIONS_MAX };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** `samples` at 8 kHz. Rejects if no transcript comes in time. */
  async transcribe(samples: Int16Array): Promise<string> {
    const pcm = resampleTo16Khz(samples);
    const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    const form = Buffer.concat([FORM_HEAD, wavHeader(bytes.length), bytes, FORM_TAIL]);
    const answer: { text?: unknown } = JSON.parse(await this.#post(form));
    if (typeof answer.text !== 'string') throw new Error('Expected a text of the recognizer, received none');
    return answer.text;
  }

  #post(form: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
      const sent = request(this.#url, {
        method: 'POST',
        agent: this.#agent,
        signal: AbortSignal.timeout(ANSWER_MAX_MS),
        headers: {
          Authorization: `Bearer ${this.#apiKey}`,
          'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
          'Content-Length': form.length,
        },
      });
      sent.on('response', (response) => readText(response).then(resolve, reject));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a kept connection just as it was used (Node's documentation of `request.reusedSocket`).
        const isStale = sent.reusedSocket && error.code === 'ECONNRESET';
        if (isStale) this.#post(form).then(resolve, reject);
        else reject(error);
      });
      sent.end(form);
    });
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const piece of response) {
    text += piece;
    if (text.length > ANSWER_MAX_BYTES)
      throw new Error(`Expected an answer of at most ${ANSWER_MAX_BYTES} bytes`);
  }
  if (response.statusCode !== 200) throw new Error(`Expected status 200, received ${response.statusCode}`);
  return text;
}

/** PCM16, mono. */
function wavHeader(pcmBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + pcmBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE_HZ, 24);
  header.writeUInt32LE(RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(pcmBytes, 40);
  return header;
}

function field(name: string, value: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}
