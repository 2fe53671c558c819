/**
 * One number, in words or digits: "twenty five", "I'm forty-two years old", "a hundred and five", "65.5" where decimals
 * are allowed. Two numbers ("nineteen eighty", "4 2"), a number out of range, or any word whose bearing on it is not
 * known ("about", "months"): unclear.
 */
import type { Question } from '../nodes/flow-node.ts';
import type { LanguageWords, NumberWords } from './language-words.ts';

interface Reader {
  readonly words: readonly string[];
  readonly lexicon: NumberWords;
  at: number;
}

/** The number, or null for unclear. */
export function readSpokenNumber(
  language: LanguageWords,
  question: Question & { answer: 'number' },
  words: readonly string[],
): number | null {
  const reader: Reader = { words, lexicon: language.numbers, at: 0 };
  let found: number | null = null;
  while (reader.at < words.length) {
    const value = readSigned(reader);
    if (value !== null) {
      if (found !== null) return null;
      found = value;
    } else if (question.units.includes(words[reader.at]!)) {
      reader.at += 1;
    } else {
      const beside = language.numbers.beside.matchAt(words, reader.at);
      if (beside === null) return null;
      reader.at = beside.to;
    }
  }
  if (found === null || found < question.min || found > question.max) return null;
  return question.decimals || Number.isInteger(found) ? found : null;
}

/** Each reader leaves `at` where it was when it reads nothing. */
function readSigned(reader: Reader): number | null {
  const from = reader.at;
  const isMinus = reader.lexicon.minus.has(word(reader));
  if (isMinus) reader.at += 1;
  const value = readDecimal(reader);
  if (value === null) reader.at = from;
  return value === null ? null : isMinus ? 0 - value : value;
}

/** A decimal said in words keeps its point even where it ends in zero: "five point zero" is no whole number here. */
function readDecimal(reader: Reader): number | null {
  const whole = readWhole(reader);
  if (whole === null || !reader.lexicon.point.has(word(reader))) return whole;
  let fraction = '';
  let at = reader.at + 1;
  for (; ; at++) {
    const next = reader.words[at] ?? '';
    const digit = /^\d+$/.test(next) ? next : reader.lexicon.units.get(next);
    if (digit === undefined) break;
    fraction += String(digit);
  }
  if (fraction === '' || fraction.length > 9) return Number.NaN;
  reader.at = at;
  return Number(`${whole}.${fraction}`);
}

/** Groups of hundreds with falling scales: "two hundred thousand and five". */
function readWhole(reader: Reader): number | null {
  let total: number | null = null;
  let smallest = Number.POSITIVE_INFINITY;
  for (;;) {
    const from = reader.at;
    if (total !== null) {
      if (smallest === 1) return total;
      if (reader.lexicon.and.has(word(reader))) reader.at += 1;
    }
    const group = readHundreds(reader);
    const scale = group === null ? 1 : (reader.lexicon.scales.get(word(reader)) ?? 1);
    if (group === null || scale >= smallest || (total !== null && group >= smallest)) {
      reader.at = from;
      return total;
    }
    if (scale > 1) reader.at += 1;
    total = (total ?? 0) + group * scale;
    smallest = scale;
  }
}

/** "Five", "twenty five", "a hundred", "two hundred and five", "105". */
function readHundreds(reader: Reader): number | null {
  const from = reader.at;
  const first = reader.lexicon.one.has(word(reader)) ? readArticle(reader) : readBelowHundred(reader);
  if (reader.lexicon.hundred.has(word(reader)) && (first === null || (first > 0 && first < 100))) {
    if (first === null && from !== reader.at) return null;
    reader.at += 1;
    const hundreds = (first ?? 1) * 100;
    const afterHundred = reader.at;
    if (reader.lexicon.and.has(word(reader))) reader.at += 1;
    const rest = readBelowHundred(reader);
    if (rest !== null && rest > 0 && rest < 100) return hundreds + rest;
    reader.at = afterHundred;
    return hundreds;
  }
  return first;
}

/** "A" is one before hundred and thousand only. */
function readArticle(reader: Reader): number | null {
  const next = reader.words[reader.at + 1] ?? '';
  if (!reader.lexicon.hundred.has(next) && !reader.lexicon.scales.has(next)) return null;
  reader.at += 1;
  return 1;
}

function readBelowHundred(reader: Reader): number | null {
  const { units, teens, tens } = reader.lexicon;
  const text = word(reader);
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) {
    reader.at += 1;
    return Number(text);
  }
  const small = units.get(text) ?? teens.get(text);
  if (small !== undefined) {
    reader.at += 1;
    return small;
  }
  const ten = tens.get(text);
  if (ten === undefined) return null;
  reader.at += 1;
  const unit = units.get(word(reader));
  if (unit === undefined || unit === 0) return ten;
  reader.at += 1;
  return ten + unit;
}

function word(reader: Reader): string {
  return reader.words[reader.at] ?? '';
}
