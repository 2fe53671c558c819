/**
 * The names of recordings. Of the call and the attempt, never of anything that a peer wrote freely; whatever else lies in
 * the folder is not ours, and is left alone.
 *
 *     CA…-0.wav.part          being written, or left by a process that died
 *     CA…-0.wav               whole
 *     CA…-0-2.wav             the second that the flow began on that stream
 *     CA…-0.incomplete.wav    what there is of one that was given up, or left by a process that died
 */
import type { RecordKind } from '../channel/record-messages.ts';

const NAME = /^CA[0-9a-fA-F]{32}-\d{1,9}(?:-\d{1,3})?$/;
const FILE = /^(CA[0-9a-fA-F]{32}-\d{1,9}(?:-\d{1,3})?)(?:\.incomplete)?\.(?:wav|jsonl)$/;
const PART = /^(CA[0-9a-fA-F]{32}-\d{1,9}(?:-\d{1,3})?)\.(wav|jsonl)\.part$/;
/** `CA` and 32 digits. */
const CALL_SID_CHARACTERS = 34;

const ENDINGS: Readonly<Record<RecordKind, string>> = { wav: '.wav', lines: '.jsonl' };

/**
 * Of one stream of a call. Both are validated: the CallSid by its form, the attempt as a whole number. `part`: of those that the flow
 * began, which; 0: it is of the whole stream.
 */
export function recordName(callSid: string, attempt: number, part = 0): string {
  return part === 0 ? `${callSid}-${attempt}` : `${callSid}-${attempt}-${part}`;
}

export function isRecordName(name: string): boolean {
  return NAME.test(name);
}

/** The call's id in a record's name. */
export function callSidOf(name: string): string {
  return name.slice(0, CALL_SID_CHARACTERS);
}

export function partFileName(name: string, kind: RecordKind): string {
  return `${name}${ENDINGS[kind]}.part`;
}

export function finishedFileName(name: string, kind: RecordKind, isComplete: boolean): string {
  return `${name}${isComplete ? '' : '.incomplete'}${ENDINGS[kind]}`;
}

/** The name of a finished recording, complete or not; null for any other file. */
export function nameOfFinishedFile(fileName: string): string | null {
  return FILE.exec(fileName)?.[1] ?? null;
}

/** What the file is a part of; null for any other file. */
export function parsePartFile(fileName: string): { readonly name: string; readonly kind: RecordKind } | null {
  const found = PART.exec(fileName);
  if (found === null) return null;
  return { name: found[1]!, kind: found[2] === 'wav' ? 'wav' : 'lines' };
}
