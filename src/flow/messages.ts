/**
 * The system texts of a flow: what is said around the author's own prompts. Defaults are one YAML file a language in
 * `messages/`, read once when this file is imported; a flow may replace any of them under `messages:`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const text = (about: string) => z.string().min(1).max(1_000).describe(about);

export const messagesSchema = z.strictObject({
  resumed: text(
    'Said when the call comes back after a fault on our side, before the question is asked again.',
  ),
  filler: text('Said while the caller waits for an answer that takes long.'),
  keypad: text('Said when the recognizer failed, before the keys are named.'),
  keypad_option: text('One key of a question. {{key}} and {{answer}} are filled in.'),
  keypad_entry: text('How to enter a number or digits on the keypad.'),
  no_input: text('Said before the question is repeated when nothing was heard.'),
  no_match: text('Said before the question is repeated when the answer was not understood.'),
  too_many_tries: text('Goodbye after too many tries.'),
  opted_out: text('Goodbye after the caller asked not to be called, if the flow has no node for it.'),
  failure: text('Goodbye when something went wrong on our side.'),
  transfer_failed: text('Goodbye when nobody answers a transfer that has no node for it.'),
  yes: text('How the answer yes is said in a prompt.'),
  no: text('How the answer no is said in a prompt.'),
});

export type SystemMessages = Readonly<z.infer<typeof messagesSchema>>;

const FOLDER = new URL('./messages/', import.meta.url);

const byLanguage: ReadonlyMap<string, SystemMessages> = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [
      name.slice(0, -'.yaml'.length),
      Object.freeze(messagesSchema.parse(parse(readFileSync(new URL(name, FOLDER), 'utf8')))),
    ]),
);

/** The defaults of a language (BCP 47; a region is ignored), or undefined where none are shipped. */
export function defaultMessages(language: string): SystemMessages | undefined {
  return byLanguage.get(language.split('-')[0]?.toLowerCase() ?? '');
}
