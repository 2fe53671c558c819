/**
 * The TwiML that must work with everything else dead: a wait, a redirect and a spoken goodbye, as XML text. Written out, without the
 * official package's builder: the supervisor answers with these, and the builder alone would cost it 11 MB. Text that XML
 * cannot hold (control characters, half surrogates) is dropped. Pure.
 */
import { InvalidStateError } from '../errors.ts';

/** What one spoken sentence may hold; Twilio takes 4,096 characters, a refusal needs fewer. */
const SPOKEN_MAX_CHARACTERS = 1000;
const PAUSE_MAX_SECONDS = 60;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Speaks one sentence in the carrier's own voice, then ends the call: full, draining, or speech is dead. */
export function sayAndHangup(text: string): string {
  const spoken = toXmlText(text).slice(0, SPOKEN_MAX_CHARACTERS);
  return toDocument(`<Say language="en-US">${escaped(spoken)}</Say><Hangup/>`);
}

/** Speaks one sentence; the call goes on after it. Empty: nothing is said. */
export function say(text: string): string {
  const spoken = toXmlText(text).slice(0, SPOKEN_MAX_CHARACTERS);
  return toDocument(spoken === '' ? '' : `<Say language="en-US">${escaped(spoken)}</Say>`);
}

/**
 * Lets the caller wait, then asks again at `url`, absolute or a path. `seconds`: whole, 1 to 60. Throws InvalidStateError
 * for others.
 */
export function pauseAndRedirect(url: string, seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > PAUSE_MAX_SECONDS) {
    throw new InvalidStateError(`Expected 1 to ${PAUSE_MAX_SECONDS} for seconds, received ${seconds}`);
  }
  return toDocument(`<Pause length="${seconds}"/>${redirectVerb(url)}`);
}

/** Sends the call to the TwiML at `url`, absolute or a path, without a word. */
export function redirect(url: string): string {
  return toDocument(redirectVerb(url));
}

function redirectVerb(url: string): string {
  return `<Redirect method="POST">${escaped(toXmlText(url))}</Redirect>`;
}

/** XML 1.0, section 2.2: what a document may hold. The official builder throws on the rest. */
export function toXmlText(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '');
}

function toDocument(verbs: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
