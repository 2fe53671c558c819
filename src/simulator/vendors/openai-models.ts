/** The models that the simulated OpenAI has on 22 November 2026, what each can do, and when it ends. */

export type OpenAiEndpoint = 'transcriptions' | 'speech' | 'chat' | 'realtime';

interface OpenAiModel {
  readonly endpoints: readonly OpenAiEndpoint[];
  /** ISO date, or null where none is announced. */
  readonly shutdownDate: string | null;
  /** Takes `languages` and `keywords`, and no `language`. */
  readonly takesLists: boolean;
}

const OLD_TRANSCRIBER: OpenAiModel = {
  endpoints: ['transcriptions', 'realtime'],
  shutdownDate: '2027-02-26',
  takesLists: false,
};
const OLD_SPEAKER: OpenAiModel = { endpoints: ['speech'], shutdownDate: '2027-01-06', takesLists: false };
const CHAT: OpenAiModel = { endpoints: ['chat'], shutdownDate: null, takesLists: false };

export const OPENAI_MODELS: ReadonlyMap<string, OpenAiModel> = new Map([
  ['gpt-transcribe', { endpoints: ['transcriptions', 'realtime'], shutdownDate: null, takesLists: true }],
  ['gpt-live-transcribe', { endpoints: ['realtime'], shutdownDate: null, takesLists: true }],
  ['gpt-realtime-whisper', { endpoints: ['realtime'], shutdownDate: null, takesLists: false }],
  ['whisper-1', OLD_TRANSCRIBER],
  ['gpt-4o-transcribe', OLD_TRANSCRIBER],
  ['gpt-4o-mini-transcribe', OLD_TRANSCRIBER],
  ['gpt-4o-transcribe-diarize', OLD_TRANSCRIBER],
  ['tts-1', OLD_SPEAKER],
  ['tts-1-hd', OLD_SPEAKER],
  ['gpt-4o-mini-tts', OLD_SPEAKER],
  ['gpt-5-mini', CHAT],
  ['gpt-4.1-mini', CHAT],
]);

/** The model if it serves `endpoint` and is not among `retired`, else null. */
export function findModel(
  name: string,
  endpoint: OpenAiEndpoint,
  retired: readonly string[],
): OpenAiModel | null {
  const model = OPENAI_MODELS.get(name);
  if (model === undefined || retired.includes(name) || !model.endpoints.includes(endpoint)) return null;
  return model;
}
