/**
 * What a question tells the model beforehand. Two generations of models take it in different fields and reject the other's:
 * `gpt-transcribe` and `gpt-live-transcribe` take lists, all older ones (and self-hosted Whispers) one language.
 */
import type { SpeechExpectation } from '../recognizer.ts';

export interface TranscriptionHints {
  readonly language?: string;
  readonly languages?: readonly string[];
  readonly keywords?: readonly string[];
}

const KEYWORDS_MAX = 50;
const KEYWORD_CHARACTERS_MAX = 60;

export function hintsFor(model: string, expectation: SpeechExpectation): TranscriptionHints {
  const language = toIso639(expectation.language);
  if (!/^gpt-(live-)?transcribe/.test(model)) return language === null ? {} : { language };
  const keywords = boundedKeywords(expectation.keywords);
  return {
    ...(language === null ? {} : { languages: [language] }),
    ...(keywords.length === 0 ? {} : { keywords }),
  };
}

/** `en` of `en-US`. Null for languages that have no code of two letters: the API would reject the request for a mere hint. */
function toIso639(languageTag: string): string | null {
  const primary = languageTag.split('-', 1)[0]!.toLowerCase();
  return /^[a-z]{2}$/.test(primary) ? primary : null;
}

function boundedKeywords(keywords: readonly string[]): string[] {
  const kept = new Set<string>();
  for (const keyword of keywords) {
    const text = keyword.replace(/\s+/g, ' ').trim();
    if (text !== '' && text.length <= KEYWORD_CHARACTERS_MAX) kept.add(text);
    if (kept.size === KEYWORDS_MAX) break;
  }
  return [...kept];
}
