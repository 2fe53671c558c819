/**
 * One transcription session of the simulated Realtime API (GA names): the configuration, the audio buffer and what is
 * wrong with an event. Pure: events go in, events come out.
 */
import { decodeG711 } from '../../audio/g711.ts';
import { isRecord, type JsonRecord } from './json-body.ts';
import { findModel } from './openai-models.ts';
import type { ReceivedUtterance } from './openai-transcription.ts';

export interface CommittedUtterance {
  readonly itemId: string;
  readonly utterance: ReceivedUtterance;
  /** As they were sent. */
  readonly bytes: Buffer;
}

type AudioFormat = 'audio/pcmu' | 'audio/pcm';

interface LiveConfig {
  readonly format: AudioFormat;
  readonly model: string;
  readonly languages: readonly string[];
  readonly keywords: readonly string[];
}

const TRANSCRIPTION_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'language',
  'languages',
  'keywords',
  'prompt',
]);
const APPEND_MAX_BYTES = 15 * 1024 * 1024;
const COMMIT_MIN_MS = 100;

export class OpenAiLiveSession {
  readonly #retiredModels: readonly string[];
  #config: LiveConfig | null = null;
  #audio: Buffer[] = [];
  #items = 0;

  constructor(retiredModels: readonly string[]) {
    this.#retiredModels = retiredModels;
  }

  /** What the server says to one event of the client, in order; `committed` if that began a transcription. */
  receive(event: JsonRecord): { replies: JsonRecord[]; committed: CommittedUtterance | null } {
    switch (event['type']) {
      case 'session.update':
        return answer(this.#update(event));
      case 'input_audio_buffer.append':
        return answer(this.#append(event));
      case 'input_audio_buffer.clear':
        this.#audio = [];
        return answer({ type: 'input_audio_buffer.cleared' });
      case 'input_audio_buffer.commit':
        return this.#commit(event);
      default:
        return answer(problem(event, 'invalid_value', `Invalid value: '${String(event['type'])}'`));
    }
  }

  #update(event: JsonRecord): JsonRecord {
    const session = event['session'];
    if (!isRecord(session) || session['type'] !== 'transcription') {
      return problem(event, 'invalid_value', "Passing a 'transcription' session is required", 'session.type');
    }
    const reading = this.#readConfig(session);
    if (typeof reading === 'string') return problem(event, 'unknown_parameter', reading);
    this.#config = reading;
    return { type: 'session.updated', session: { ...session, object: 'realtime.transcription_session' } };
  }

  #readConfig(session: JsonRecord): LiveConfig | string {
    const unknown = Object.keys(session).find((name) => !['type', 'audio', 'include'].includes(name));
    if (unknown !== undefined) return `Unknown parameter: 'session.${unknown}'.`;
    const input = isRecord(session['audio']) ? session['audio']['input'] : null;
    if (!isRecord(input)) return "Missing required parameter: 'session.audio.input'.";
    const { format, transcription, turn_detection: turnDetection, ...rest } = input;
    if (Object.keys(rest).length > 0) return `Unknown parameter: '${Object.keys(rest)[0]}'.`;
    if (turnDetection !== null) return 'This simulator hears no turns: turn_detection must be null.';
    const isPcm = isRecord(format) && format['type'] === 'audio/pcm' && format['rate'] === 24_000;
    const isPcmu = isRecord(format) && format['type'] === 'audio/pcmu' && format['rate'] === undefined;
    if (!isPcm && !isPcmu) return "Invalid value: 'session.audio.input.format'.";
    if (!isRecord(transcription)) return "Missing required parameter: 'transcription'.";
    return this.#readTranscription(transcription, isPcm ? 'audio/pcm' : 'audio/pcmu');
  }

  #readTranscription(transcription: JsonRecord, format: AudioFormat): LiveConfig | string {
    const unknown = Object.keys(transcription).find((name) => !TRANSCRIPTION_FIELDS.has(name));
    if (unknown !== undefined) return `Unknown parameter: 'transcription.${unknown}'.`;
    const name = String(transcription['model']);
    const model = findModel(name, 'realtime', this.#retiredModels);
    if (model === null) return `Invalid value: '${name}' is no transcription model.`;
    const wrong = (model.takesLists ? ['language'] : ['languages', 'keywords']).find(
      (field) => transcription[field] !== undefined,
    );
    if (wrong !== undefined) return `Unsupported parameter: '${wrong}' with '${name}'.`;
    const { language, languages = [], keywords = [] } = transcription;
    const isList = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry !== '');
    if (!isList(languages) || !isList(keywords)) return 'Invalid type: expected an array of strings.';
    return {
      format,
      model: name,
      languages: [...(typeof language === 'string' ? [language] : []), ...languages],
      keywords,
    };
  }

  #append(event: JsonRecord): JsonRecord | null {
    const { audio } = event;
    const isBase64 = typeof audio === 'string' && audio !== '' && /^[A-Za-z0-9+/]+={0,2}$/.test(audio);
    if (!isBase64 || audio.length % 4 !== 0 || audio.length > APPEND_MAX_BYTES) {
      return problem(
        event,
        'invalid_value',
        "Invalid 'audio'. Expected base64-encoded audio bytes.",
        'audio',
      );
    }
    // Before a format is known the real one takes 24 kHz PCM for granted, and hears noise.
    if (this.#config === null) return problem(event, 'invalid_state', 'Audio came before session.update.');
    this.#audio.push(Buffer.from(audio, 'base64'));
    return null;
  }

  #commit(event: JsonRecord): { replies: JsonRecord[]; committed: CommittedUtterance | null } {
    const bytes = Buffer.concat(this.#audio);
    const isPcm = this.#config?.format === 'audio/pcm';
    const bufferedMs = bytes.length / (isPcm ? 48 : 8);
    if (this.#config === null || bufferedMs < COMMIT_MIN_MS || (isPcm && bytes.length % 2 !== 0)) {
      const message = `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${bufferedMs.toFixed(2)}ms of audio.`;
      return answer(problem(event, 'input_audio_buffer_commit_empty', message));
    }
    const { model, languages, keywords } = this.#config;
    const previous = this.#items === 0 ? null : `item_${this.#items}`;
    this.#items += 1;
    this.#audio = [];
    const itemId = `item_${this.#items}`;
    const samples = isPcm ? toSamples(bytes) : decodeG711('mulaw', bytes);
    return {
      replies: [
        { type: 'input_audio_buffer.committed', previous_item_id: previous, item_id: itemId },
        {
          type: 'conversation.item.added',
          previous_item_id: previous,
          item: { id: itemId, type: 'message' },
        },
        { type: 'conversation.item.done', previous_item_id: previous, item: { id: itemId, type: 'message' } },
      ],
      committed: {
        itemId,
        bytes,
        utterance: {
          model,
          fileName: '',
          sampleRateHz: isPcm ? 24_000 : 8000,
          samples,
          languages,
          keywords,
        },
      },
    };
  }
}

function toSamples(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length / 2);
  for (let index = 0; index < samples.length; index++) samples[index] = bytes.readInt16LE(index * 2);
  return samples;
}

function answer(reply: JsonRecord | null): { replies: JsonRecord[]; committed: null } {
  return { replies: reply === null ? [] : [reply], committed: null };
}

function problem(event: JsonRecord, code: string, message: string, param: string | null = null): JsonRecord {
  const eventId = event['event_id'] ?? null;
  return { type: 'error', error: { type: 'invalid_request_error', code, message, param, event_id: eventId } };
}
