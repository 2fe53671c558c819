/** A prompt before a call fills it in: fixed text with the names of variables between, or a recording. */
import type { PromptContent } from './action.ts';
import type { AnswerValue } from './state.ts';

export type TemplatePart = string | { readonly variable: string };

export type PromptTemplate =
  | { readonly kind: 'text'; readonly parts: readonly TemplatePart[] }
  /** `path` is absolute. `text` is what the recording says, or empty. */
  | { readonly kind: 'audio'; readonly path: string; readonly text: string };

/** How a voice speaks: the parts of a flow that a prompt needs. */
export interface Speaker {
  readonly voice: string;
  readonly language: string;
  readonly messages: { readonly yes: string; readonly no: string };
}

const VARIABLE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Splits a text at its `{{variables}}`. Names are not checked here. */
export function parseTemplate(text: string): PromptTemplate {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ variable: match[1] ?? '' });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return { kind: 'text', parts };
}

/** Names that the template uses, in order, with repeats. */
export function variablesOf(template: PromptTemplate): string[] {
  if (template.kind === 'audio') return [];
  return template.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.variable]));
}

/** Whether every call hears the same: such a prompt can be made before any call. */
export function isFixed(template: PromptTemplate): boolean {
  return variablesOf(template).length === 0;
}

/** The prompt as one call hears it. A name without a value is left out; yes and no are said in the flow's language. */
export function renderPrompt(
  speaker: Speaker,
  template: PromptTemplate,
  lookUp: (name: string) => AnswerValue | undefined,
): PromptContent {
  if (template.kind === 'audio') return { kind: 'audio', path: template.path, text: template.text };
  const text = template.parts
    .map((part) => (typeof part === 'string' ? part : spoken(speaker, lookUp(part.variable))))
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
  return { kind: 'text', text, voice: speaker.voice, language: speaker.language };
}

function spoken(speaker: Speaker, value: AnswerValue | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? speaker.messages.yes : speaker.messages.no;
  return String(value);
}
