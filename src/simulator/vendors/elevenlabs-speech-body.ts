/** The body of a request for speech, field by field, as ElevenLabs checks it: unknown names and wrong types are refused. */

export interface SpeechBody {
  readonly text: string;
  readonly model_id?: string;
  readonly language_code?: string;
}

/** `type`, `loc` and `input` are those of ElevenLabs' answer. */
export type SpeechBodyReading =
  | { readonly ok: true; readonly body: SpeechBody }
  | { readonly ok: false; readonly type: string; readonly loc: readonly string[]; readonly input: unknown };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length <= 3 && value.every(isText);

const FIELDS: Readonly<Record<string, readonly [type: string, isRight: (value: unknown) => boolean]>> = {
  text: ['string_type', isText],
  model_id: ['string_type', isText],
  language_code: ['string_type', isText],
  voice_settings: ['model_attributes_type', isRecord],
  pronunciation_dictionary_locators: ['list_type', (value) => Array.isArray(value) && value.length <= 3],
  seed: ['int_type', (value) => Number.isInteger(value)],
  previous_text: ['string_type', isText],
  next_text: ['string_type', isText],
  previous_request_ids: ['list_type', isTexts],
  next_request_ids: ['list_type', isTexts],
  use_pvc_as_ivc: ['bool_type', isFlag],
  apply_text_normalization: ['enum', (value) => value === 'auto' || value === 'on' || value === 'off'],
  apply_language_text_normalization: ['bool_type', isFlag],
  audio_effects: ['model_attributes_type', isRecord],
};

export function checkSpeechBody(bytes: Buffer): SpeechBodyReading {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { ok: false, type: 'json_invalid', loc: [], input: {} };
  }
  if (!isRecord(value)) return { ok: false, type: 'model_attributes_type', loc: [], input: value };
  if (value['text'] === undefined) return { ok: false, type: 'missing', loc: ['text'], input: value };
  for (const [name, input] of Object.entries(value)) {
    const field = FIELDS[name];
    if (field === undefined) return { ok: false, type: 'extra_forbidden', loc: [name], input };
    const [type, isRight] = field;
    // Every field but the text may be null.
    if (!isRight(input) && (input !== null || name === 'text'))
      return { ok: false, type, loc: [name], input };
  }
  return { ok: true, body: value as unknown as SpeechBody };
}
