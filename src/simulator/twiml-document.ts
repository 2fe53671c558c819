/**
 * Reads an answer to a webhook as Twilio does: content type, size, well-formed XML, root, verbs. Errors are Twilio's own
 * codes; what is merely odd comes as a warning. Pure.
 * https://www.twilio.com/docs/api/errors
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';

export interface Verb {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The text inside, trimmed. */
  readonly text: string;
  readonly children: readonly Verb[];
}

export interface Complaint {
  readonly code: number;
  readonly text: string;
}

export type TwimlReading =
  | { readonly ok: true; readonly verbs: readonly Verb[]; readonly warnings: readonly Complaint[] }
  | { readonly ok: false; readonly error: Complaint };

export const TWIML_MAX_BYTES = 64 * 1024;

/** Verb or noun -> the attributes that it may have. Those of other verbs are not looked at. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Connect: ['action', 'method'],
  Stream: ['url', 'name', 'track', 'statusCallback', 'statusCallbackMethod'],
  Parameter: ['name', 'value'],
  Say: ['voice', 'language', 'loop'],
  Pause: ['length'],
  Play: ['loop', 'digits'],
  Redirect: ['method'],
  Hangup: [],
  Reject: ['reason'],
  Dial: [
    'action',
    'method',
    'timeout',
    'hangupOnStar',
    'timeLimit',
    'callerId',
    'record',
    'answerOnBridge',
    'trim',
  ],
  Number: ['sendDigits', 'url', 'method', 'statusCallback', 'statusCallbackEvent', 'statusCallbackMethod'],
  Sip: [
    'username',
    'password',
    'url',
    'method',
    'statusCallback',
    'statusCallbackEvent',
    'statusCallbackMethod',
  ],
};
const NOUNS: Readonly<Record<string, readonly string[]>> = {
  Connect: ['Stream'],
  Stream: ['Parameter'],
  Dial: ['Number', 'Sip'],
};

/** One element as the parser gives it with `preserveOrder`: its name with its children, and `:@` with its attributes. */
type XmlNode = Readonly<Record<string, unknown>>;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** `contentType`: the header, null if there is none. Never throws. */
export function readTwiml(body: Uint8Array, contentType: string | null): TwimlReading {
  if (body.length > TWIML_MAX_BYTES) return refused(11750, `document of ${body.length} bytes, over 64 kB`);
  const text = Buffer.from(body).toString('utf8');
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/plain') {
    return { ok: true, verbs: [{ name: 'Say', attributes: {}, text, children: [] }], warnings: [] };
  }
  if (!['text/xml', 'application/xml', 'text/html'].includes(type)) {
    return refused(12300, `content type ${JSON.stringify(type)}`);
  }
  if (/<!DOCTYPE/i.test(text)) return refused(12100, 'document type declaration');
  const wellFormed = XMLValidator.validate(text);
  if (wellFormed !== true) return refused(12100, `${wellFormed.err.msg} (line ${wellFormed.err.line})`);
  // The validator lets these pass inside attributes, where XML forbids them.
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)/.test(text)) return refused(12100, 'bare ampersand');
  if (/[^\P{Cc}\t\n\r]/u.test(text)) return refused(12100, 'control character');
  let nodes: readonly XmlNode[];
  try {
    nodes = parser.parse(text);
  } catch (thrown) {
    return refused(12100, thrown instanceof Error ? thrown.message : 'not XML');
  }
  const roots = toVerbs(nodes);
  const root = roots[0];
  if (roots.length !== 1 || root === undefined) return refused(12100, 'more than one root element, or none');
  if (root.name !== 'Response') return refused(12102, `root element ${root.name}`);
  const warnings: Complaint[] = [];
  for (const verb of root.children) examine(verb, KNOWN_VERBS, warnings);
  return { ok: true, verbs: root.children.filter((verb) => KNOWN_VERBS.includes(verb.name)), warnings };
}

const KNOWN_VERBS = ['Connect', 'Say', 'Pause', 'Play', 'Redirect', 'Hangup', 'Reject', 'Dial'];

function examine(verb: Verb, allowed: readonly string[], warnings: Complaint[]): void {
  if (!allowed.includes(verb.name)) {
    warnings.push({ code: 12200, text: `element ${verb.name} is not allowed here` });
    return;
  }
  for (const attribute of Object.keys(verb.attributes)) {
    if (!KNOWN[verb.name]!.includes(attribute)) {
      warnings.push({ code: 12200, text: `attribute ${attribute} is not allowed in ${verb.name}` });
    }
  }
  for (const child of verb.children) examine(child, NOUNS[verb.name] ?? [], warnings);
}

function toVerbs(nodes: readonly XmlNode[]): Verb[] {
  const verbs: Verb[] = [];
  for (const node of nodes) {
    const name = Object.keys(node).find((key) => key !== ':@');
    if (name === undefined || name === '#text' || name === '#comment') continue;
    const inside = node[name] as readonly XmlNode[];
    const text = inside.map((child) => (typeof child['#text'] === 'string' ? child['#text'] : '')).join('');
    const attributes = (node[':@'] ?? {}) as Readonly<Record<string, string>>;
    verbs.push({ name, attributes, text: text.trim(), children: toVerbs(inside) });
  }
  return verbs;
}

function refused(code: number, text: string): TwimlReading {
  return { ok: false, error: { code, text } };
}
