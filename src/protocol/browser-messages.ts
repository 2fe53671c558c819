/**
 * The text messages of a browser's stream, `/ws/voice/{streamToken}`: reads what a page sends, builds what it is sent. Audio is
 * binary, both ways, and no matter of this file. Strict, since the page is ours: what is not listed here is an error. Pure; I/O
 * thread.
 */

export type BrowserMessage =
  /** The first: the rate of all audio that follows. Not yet held against the rates that there are. */
  | { readonly event: 'start'; readonly sampleRateHz: number }
  | { readonly event: 'digit'; readonly digit: string }
  /** The audio before that mark of ours was played, or dropped. */
  | { readonly event: 'mark'; readonly name: string }
  /** The caller hangs up. */
  | { readonly event: 'stop' };

export type ParsedBrowserMessage =
  | { readonly ok: true; readonly message: BrowserMessage }
  /** "Expected X for NAME, received TYPE": ASCII, and nothing that the page sent. */
  | { readonly ok: false; readonly detail: string };

/** For whoever looks at the page; texts are the caller's own. */
export type BrowserNote =
  | { readonly kind: 'question'; readonly node: string; readonly text: string }
  | { readonly kind: 'heard'; readonly text: string }
  | { readonly kind: 'answer'; readonly node: string; readonly value: string }
  | { readonly kind: 'no-input' | 'no-match' | 'interrupted' | 'vendor' };

export interface BrowserEnd {
  /** As the call's record says. */
  readonly reason: string;
  /** The flow's own word; null: undecided. */
  readonly outcome: string | null;
  readonly answers: readonly { readonly node: string; readonly value: string }[];
}

/** The longest that is read: our longest has 80. */
export const BROWSER_TEXT_MAX_BYTES = 512;
const MARK_NAME_MAX_CHARACTERS = 64;
const DIGIT = /^[0-9*#]$/;

type Fields = Readonly<Partial<Record<'event' | 'sampleRateHz' | 'digit' | 'name', unknown>>>;

/** Never throws. */
export function parseBrowserMessage(text: string): ParsedBrowserMessage {
  if (text.length > BROWSER_TEXT_MAX_BYTES) {
    return refused(`at most ${BROWSER_TEXT_MAX_BYTES} characters`, 'a message of text', 'more');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('JSON', 'a message of text', 'other text');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('an object', 'a message of text', typeOf(value));
  }
  const { digit, event, name, sampleRateHz }: Fields = value;
  switch (event) {
    case 'start':
      return typeof sampleRateHz === 'number' && Number.isInteger(sampleRateHz) && sampleRateHz > 0
        ? { ok: true, message: { event, sampleRateHz } }
        : refused('a whole number', 'sampleRateHz', typeOf(sampleRateHz));
    case 'digit':
      return typeof digit === 'string' && DIGIT.test(digit)
        ? { ok: true, message: { event, digit } }
        : refused('one of 0-9, * and #', 'digit', typeOf(digit));
    case 'mark':
      return typeof name === 'string' && name.length <= MARK_NAME_MAX_CHARACTERS
        ? { ok: true, message: { event, name } }
        : refused(`at most ${MARK_NAME_MAX_CHARACTERS} characters`, 'name', typeOf(name));
    case 'stop':
      return { ok: true, message: { event } };
    default:
      return refused('start, digit, mark or stop', 'event', typeOf(event));
  }
}

export function startedMessage(callSid: string, streamSid: string): Uint8Array {
  return toBytes({ event: 'started', callSid, streamSid });
}

/** To be sent back when the audio before it was played. */
export function browserMark(name: string): Uint8Array {
  return toBytes({ event: 'mark', name });
}

/** Drop what waits to be played, and send its marks back. */
export function browserClear(): Uint8Array {
  return toBytes({ event: 'clear' });
}

export function noteMessage(note: BrowserNote): Uint8Array {
  return toBytes({ event: 'note', ...note });
}

/** The last before the close. */
export function endedMessage({ answers, outcome, reason }: BrowserEnd): Uint8Array {
  return toBytes({ event: 'ended', reason, outcome, answers });
}

function toBytes(message: object): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

function refused(expected: string, name: string, received: string): ParsedBrowserMessage {
  return { ok: false, detail: `Expected ${expected} for ${name}, received ${received}` };
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `another ${typeof value}`;
}
