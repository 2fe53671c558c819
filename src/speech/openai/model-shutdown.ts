/** When OpenAI ends a model: as its API says, else as its deprecations page said on 22 November 2026. */

/** ISO dates, by the model's name or by what dated names begin with (`gpt-4o-mini-tts-2025-12-15`). */
const KNOWN_SHUTDOWNS: Readonly<Record<string, string>> = {
  'whisper-1': '2027-02-26',
  'gpt-4o-transcribe': '2027-02-26',
  'gpt-4o-mini-transcribe': '2027-02-26',
  'gpt-4o-transcribe-diarize': '2027-02-26',
  'tts-1': '2027-01-06',
  'tts-1-hd': '2027-01-06',
  'gpt-4o-mini-tts': '2027-01-06',
  'gpt-realtime': '2027-01-20',
};

const DAY_MS = 24 * 3600 * 1000;

export interface ModelShutdown {
  /** ISO, `2027-01-06`. */
  readonly date: string;
  /** Whole days until then; 0 or less once it is over. */
  readonly daysLeft: number;
}

/** `told`: the API's `shutdown_date`, whatever it is; `knowsOurs`: without one, the dates above count. Null: none is known. */
export function shutdownOf(
  model: string,
  told: unknown,
  wallMs: number,
  { knowsOurs }: { readonly knowsOurs: boolean },
): ModelShutdown | null {
  const known = knowsOurs ? KNOWN_SHUTDOWNS[model.replace(/-\d{4}-\d{2}-\d{2}$/, '')] : undefined;
  const date = isDate(told) ? told.slice(0, 10) : known;
  if (date === undefined) return null;
  return { date, daysLeft: Math.ceil((Date.parse(`${date}T00:00:00Z`) - wallMs) / DAY_MS) };
}

function isDate(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d{2}-\d{2}/.test(value) &&
    !Number.isNaN(Date.parse(value.slice(0, 10)))
  );
}
