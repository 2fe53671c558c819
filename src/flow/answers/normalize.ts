/**
 * A transcript as words to compare: lower case, no punctuation, apostrophes or accents, hyphens as spaces. Texts come
 * from recognizers and may be anything; lengths are bounded before any work is done on them.
 */

/** Nobody answers a screening question in more; a recognizer gone wrong writes far more. */
const WORDS_MAX = 200;
const CHARACTERS_MAX = 2_000;

const ADDRESS = /https?:|www\.|\w@\w|\.(?:com|org|net|io|tv|ai)\b/;

/** The words of a short trusted text: a phrase from a word list or a flow. */
export function wordsOf(text: string): string[] {
  return (
    text
      // Fractions and superscripts would decompose into digits: "25½" must not read as 251.
      .replace(/\p{No}/gu, ' fraction ')
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/(\p{L})['\u2018\u2019\u02bc`](?=\p{L})/gu, '$1')
      .replace(/(?<=\d),(?=\d{3}(?!\d))/g, '')
      .replace(/(^|\s)-(?=\d)/g, '$1 minus ')
      .replace(/%/g, ' percent ')
      // Stays only between digits, as in 65.5.
      .replace(/\.(?!\d)|(?<!\d)\./g, ' ')
      .replace(/[^\p{L}\p{N}.]+/gu, ' ')
      .split(' ')
      .filter((word) => word !== '')
  );
}

/** The words of a transcript, or null for one that no caller can have meant as an answer: too long, or with an address. */
export function transcriptWords(text: string): string[] | null {
  if (text.length > CHARACTERS_MAX || ADDRESS.test(text.toLowerCase())) return null;
  const words = wordsOf(text);
  return words.length > WORDS_MAX ? null : words;
}
