/**
 * Which vendors listen and speak, and how: plain data, made once from the configuration and given to every call worker and
 * to the voice thread. It holds keys: never log it.
 */

/** In the order in which they are asked: the next one serves what the one before it could not. */
export type RecognizerName = 'openai-live' | 'openai' | 'builtin';
export type SynthesizerName = 'elevenlabs' | 'openai' | 'builtin';

export interface OpenAiSettings {
  /** Null where the server behind `baseUrl` asks for none. */
  readonly apiKey: string | null;
  /** Without trailing slash, `/v1` included; null is OpenAI's own. */
  readonly baseUrl: string | null;
  readonly transcribeModel: string;
  /** Of the Realtime API, for `openai-live`. */
  readonly liveModel: string;
  readonly speechModel: string;
  readonly speechVoice: string;
  /** Reads what no rule of the flow reads; null: nothing does. */
  readonly understandingModel: string | null;
}

export interface ElevenLabsSettings {
  readonly apiKey: string;
  /** Null is ElevenLabs' own. */
  readonly baseUrl: string | null;
  readonly voiceId: string;
  readonly model: string;
  /** As ElevenLabs names them (`mp3_44100_128`); null: what the stream plays, which needs no conversion. */
  readonly outputFormat: string | null;
  /** Requests at once that the plan allows. */
  readonly concurrency: number;
}

export interface SpeechSettings {
  /** At least one. */
  readonly recognizers: readonly RecognizerName[];
  readonly synthesizers: readonly SynthesizerName[];
  readonly openai: OpenAiSettings;
  /** Null: not configured, and then not among `synthesizers`. */
  readonly elevenlabs: ElevenLabsSettings | null;
  /** Of one exchange with a vendor, from the request's first byte to the answer's last. 500 to 120,000. */
  readonly apiDeadlineMs: number;
  /** Of a caller's turn: every try and every vendor together. At least `apiDeadlineMs`. */
  readonly turnDeadlineMs: number;
  /** Transcription begins in the caller's first pause, before the answer is known to be over. */
  readonly speculates: boolean;
}
