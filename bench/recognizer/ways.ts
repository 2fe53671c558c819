/** The ways to get a transcript of one utterance that are compared. Each resamples and builds its file anew. */
import { Agent, request } from 'node:http';
import OpenAI, { toFile } from 'openai';
import type { PcmAudio } from '../../src/audio/audio-format.ts';
import { writeWav } from '../../src/audio/wav.ts';
import { systemClock } from '../../src/clock.ts';
import { LeanFetch } from '../../src/speech/openai/lean-fetch.ts';
import { OpenAiApi } from '../../src/speech/openai/openai-api.ts';
import { OpenAiLiveRecognizer } from '../../src/speech/openai/openai-live-recognizer.ts';
import { OpenAiRecognizer } from '../../src/speech/openai/openai-recognizer.ts';
import { TranscriptionApi } from '../../src/speech/openai/transcription-api.ts';
import { FORM_CONTENT_TYPE, transcriptionForm } from '../../src/speech/openai/transcription-form.ts';
import type { Recognizer } from '../../src/speech/recognizer.ts';
import { resample } from '../../src/speech/resample.ts';

export type Transcribe = (utterance: PcmAudio) => Promise<string>;

const MODEL = 'gpt-transcribe';
const EXPECTATION = { kind: 'yes-no', language: 'en', keywords: ['yes', 'no'] } as const;
const HINTS = { languages: ['en'], keywords: ['yes', 'no'] };
/** As the media plane sends them to a live recognizer. */
const PIECE_MS = 100;

export const WAYS: Readonly<Record<string, (baseURL: string) => Transcribe>> = {
  'ours: own form, own post': (baseUrl) => {
    const settings = { apiKey: 'sk-bench', baseUrl };
    return recognizing(new OpenAiRecognizer(new TranscriptionApi({ settings, clock: systemClock }), MODEL));
  },
  'SDK post, own form, lean fetch': (baseUrl) => {
    const settings = { apiKey: 'sk-bench', baseUrl };
    return posting(new OpenAiApi({ settings, clock: systemClock, body: 'whole' }));
  },
  'SDK create (FormData), lean fetch': (baseURL) => {
    const lean = new LeanFetch({ clock: systemClock, body: 'whole', bodyMaxBytes: 65_536 });
    return creating(client(baseURL, (url, init) => sendForm(lean, url, init)));
  },
  'SDK as it comes: create, built-in fetch': (baseURL) => creating(client(baseURL)),
  'bare node:http, own form': bare,
  'ours, live: WebSocket, pieces of 100 ms': (baseUrl) => {
    const settings = { apiKey: 'sk-bench', baseUrl, liveModel: 'gpt-live-transcribe' };
    return recognizing(new OpenAiLiveRecognizer(settings, systemClock));
  },
  'of these: resampling and WAV alone': () => async (utterance) => {
    return writeWav(resample(utterance, 16_000)).length > 0 ? 'yes' : '';
  },
};

function recognizing(recognizer: Recognizer): Transcribe {
  return async ({ samples, sampleRateHz }) => {
    const recognition = recognizer.open(EXPECTATION, new AbortController().signal);
    const pieceSamples = recognizer.isLive ? (PIECE_MS * sampleRateHz) / 1000 : samples.length;
    for (let at = 0; at < samples.length; at += pieceSamples) {
      recognition.push({ samples: samples.subarray(at, at + pieceSamples), sampleRateHz });
    }
    return (await recognition.end()).text;
  };
}

function client(baseURL: string, fetch?: (url: string, init: RequestInit) => Promise<Response>): OpenAI {
  const own = fetch === undefined ? {} : { fetch: fetch as typeof globalThis.fetch };
  return new OpenAI({ apiKey: 'sk-bench', baseURL, maxRetries: 0, ...own });
}

function creating(openai: OpenAI): Transcribe {
  return async (utterance) => {
    const file = await toFile(writeWav(resample(utterance, 16_000)), 'audio.wav', { type: 'audio/wav' });
    const { signal } = new AbortController();
    const params = { file, model: MODEL, response_format: 'json' as const, ...HINTS };
    return (await openai.audio.transcriptions.create(params, { signal })).text;
  };
}

/** The lean fetch takes bytes only. */
async function sendForm(lean: LeanFetch, url: string, init: RequestInit): Promise<Response> {
  const form = new Response(init.body ?? null);
  const headers = new Headers(init.headers);
  headers.set('content-type', form.headers.get('content-type') ?? '');
  return lean.fetch(url, { ...init, headers, body: new Uint8Array(await form.arrayBuffer()) });
}

function posting(api: OpenAiApi): Transcribe {
  return async (utterance) => {
    const body = transcriptionForm(resample(utterance, 16_000), MODEL, HINTS);
    const headers = { 'content-type': FORM_CONTENT_TYPE };
    const { signal } = new AbortController();
    const answer = await api.request('openai', signal, (sdk) =>
      sdk.post<{ text: string }>('/audio/transcriptions', { body, headers, signal }),
    );
    return answer.text;
  };
}

function bare(baseURL: string): Transcribe {
  const agent = new Agent({ keepAlive: true });
  return (utterance) => {
    const body = transcriptionForm(resample(utterance, 16_000), MODEL, HINTS);
    const headers = {
      authorization: 'Bearer sk-bench',
      'content-type': FORM_CONTENT_TYPE,
      'content-length': String(body.length),
    };
    return new Promise((resolve, reject) => {
      const post = request(`${baseURL}/audio/transcriptions`, { method: 'POST', agent, headers });
      post.on('error', reject);
      post.on('response', (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => resolve(JSON.parse(Buffer.concat(pieces).toString()).text));
      });
      post.end(body);
    });
  };
}
