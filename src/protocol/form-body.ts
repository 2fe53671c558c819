/**
 * A strict parser of `application/x-www-form-urlencoded` bodies, as carriers post them. Stricter than `URLSearchParams`,
 * which repairs what is broken: a body that Twilio would never send is refused before anything looks at its values.
 * Pure, never throws. Names live in a Map, so no name can reach a prototype.
 */

/** Twilio's bodies stay under 4 KB and 60 parameters; these leave room for the ones it adds without notice. */
export const FORM_LIMITS = { bodyBytes: 16_384, parameters: 200 } as const;

/** Name -> values in the order they came; a name that came twice has two. */
export type FormParameters = ReadonlyMap<string, readonly string[]>;

export type ParsedForm =
  | { readonly ok: true; readonly parameters: FormParameters }
  | { readonly ok: false; readonly reason: string };

/** No form of a carrier uses these; whoever sends them is trying something. */
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a whole body. An empty body is an empty form. The reason names no value, so it may be logged and sent. */
export function parseFormBody(body: Uint8Array): ParsedForm {
  if (body.length > FORM_LIMITS.bodyBytes) {
    return refused(`Expected at most ${FORM_LIMITS.bodyBytes} bytes for the body, received ${body.length}`);
  }
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return refused('Expected UTF-8 for the body, received other bytes');
  }
  const parameters = new Map<string, string[]>();
  let count = 0;
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    count += 1;
    if (count > FORM_LIMITS.parameters) {
      return refused(`Expected at most ${FORM_LIMITS.parameters} parameters for the body, received more`);
    }
    const equals = pair.indexOf('=');
    const name = decodePart(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decodePart(pair.slice(equals + 1));
    if (name === null || value === null) {
      return refused(
        `Expected percent-encoded UTF-8 without NUL for parameter ${count}, received other text`,
      );
    }
    if (name === '' || FORBIDDEN_NAMES.has(name)) {
      return refused(`Expected a name for parameter ${count}, received one that is empty or reserved`);
    }
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return { ok: true, parameters };
}

/** The value of a name that came exactly once; null if it is absent or came twice (never choose between two). */
export function soleValue(parameters: FormParameters, name: string): string | null {
  const values = parameters.get(name);
  return values?.length === 1 ? (values[0] ?? null) : null;
}

/** Null for broken percent-encoding and for NUL, encoded or not. */
function decodePart(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    return decoded.includes('\0') ? null : decoded;
  } catch {
    return null;
  }
}

function refused(reason: string): ParsedForm {
  return { ok: false, reason };
}
