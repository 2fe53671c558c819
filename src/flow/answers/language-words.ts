/**
 * The words of each language: one YAML file in `words/`, read and checked once when this file is imported, in a worker
 * before it says it is ready. A new language is a new file there (and one in `messages/`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { wordsOf } from './normalize.ts';
import { PhraseTable } from './phrase-table.ts';

const phrases = z.string().transform((text) => text.split(/[,\n]/).map((phrase) => phrase.trim()));
const values = z.record(z.string(), z.number());
const intent = z.strictObject({ whole: phrases, within: phrases });

const fileSchema = z.strictObject({
  keywords: z.strictObject({ yes_no: phrases }),
  fillers: phrases,
  yes: z.strictObject({ strong: phrases, weak: phrases }),
  no: z.strictObject({ strong: phrases, weak: phrases }),
  hedges: phrases,
  contrasts: phrases,
  negators: phrases,
  questions: phrases,
  phantoms: intent,
  numbers: z.strictObject({
    units: values,
    teens: values,
    tens: values,
    hundred: phrases,
    scales: values,
    one: phrases,
    and: phrases,
    point: phrases,
    minus: phrases,
    beside: phrases,
  }),
  digits: z.strictObject({ words: values, repeats: values, beside: phrases }),
  intents: z.strictObject({ 'opt-out': intent, repeat: intent, operator: intent }),
});

export type Intent = 'opt-out' | 'repeat' | 'operator';

/** What a phrase does to a yes or no. */
export type YesNoSense =
  | 'yes'
  | 'weak yes'
  | 'no'
  | 'weak no'
  | 'filler'
  | 'hedge'
  | 'contrast'
  | 'negator'
  | 'question';

export interface NumberWords {
  readonly units: ReadonlyMap<string, number>;
  readonly teens: ReadonlyMap<string, number>;
  readonly tens: ReadonlyMap<string, number>;
  readonly scales: ReadonlyMap<string, number>;
  readonly hundred: ReadonlySet<string>;
  readonly one: ReadonlySet<string>;
  readonly and: ReadonlySet<string>;
  readonly point: ReadonlySet<string>;
  readonly minus: ReadonlySet<string>;
  readonly beside: PhraseTable<true>;
}

export interface DigitWords {
  readonly words: ReadonlyMap<string, number>;
  readonly repeats: ReadonlyMap<string, number>;
  readonly beside: PhraseTable<true>;
}

export interface LanguageWords {
  readonly keywords: { readonly yesNo: readonly string[] };
  readonly senses: PhraseTable<YesNoSense>;
  readonly phantoms: { readonly whole: PhraseTable<true>; readonly within: PhraseTable<true> };
  readonly intents: { readonly whole: PhraseTable<Intent>; readonly within: PhraseTable<Intent> };
  readonly numbers: NumberWords;
  readonly digits: DigitWords;
}

const FOLDER = new URL('./words/', import.meta.url);

const byLanguage: ReadonlyMap<string, LanguageWords> = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [
      name.slice(0, -'.yaml'.length),
      compile(fileSchema.parse(parse(readFileSync(new URL(name, FOLDER), 'utf8')))),
    ]),
);

/** The words of a language (BCP 47; a region is ignored), or undefined where none are shipped. */
export function languageWords(language: string): LanguageWords | undefined {
  return byLanguage.get(language.split('-')[0]?.toLowerCase() ?? '');
}

function compile(file: z.infer<typeof fileSchema>): LanguageWords {
  const { intents, numbers, digits } = file;
  const intentEntries = (place: 'whole' | 'within') =>
    (['opt-out', 'repeat', 'operator'] as const).flatMap((name) => entries(intents[name][place], name));
  return {
    keywords: { yesNo: file.keywords.yes_no },
    senses: new PhraseTable([
      ...entries(file.hedges, 'hedge' as const),
      ...entries(file.yes.strong, 'yes' as const),
      ...entries(file.no.strong, 'no' as const),
      ...entries(file.yes.weak, 'weak yes' as const),
      ...entries(file.no.weak, 'weak no' as const),
      ...entries(file.questions, 'question' as const),
      ...entries(file.contrasts, 'contrast' as const),
      ...entries(file.negators, 'negator' as const),
      ...entries(file.fillers, 'filler' as const),
    ]),
    phantoms: { whole: table(file.phantoms.whole), within: table(file.phantoms.within) },
    intents: {
      whole: new PhraseTable(intentEntries('whole')),
      within: new PhraseTable(intentEntries('within')),
    },
    numbers: {
      units: map(numbers.units),
      teens: map(numbers.teens),
      tens: map(numbers.tens),
      scales: map(numbers.scales),
      hundred: new Set(numbers.hundred),
      one: new Set(numbers.one),
      and: new Set(numbers.and),
      point: new Set(numbers.point),
      minus: new Set(numbers.minus),
      beside: table(numbers.beside),
    },
    digits: { words: map(digits.words), repeats: map(digits.repeats), beside: table(digits.beside) },
  };
}

function entries<Meaning>(list: readonly string[], meaning: Meaning): [string[], Meaning][] {
  return list.map((phrase) => [wordsOf(phrase), meaning]);
}

function table(list: readonly string[]): PhraseTable<true> {
  return new PhraseTable(entries(list, true as const));
}

function map(record: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(record));
}
