/**
 * The author's file, already of the right shape, as the Flow that `step` reads: defaults filled in, texts split, ways on
 * turned into rules. Finds the problems that one node shows by itself; those of the whole are `check-flow.ts`.
 */
import { resolve } from 'node:path';
import { languageWords } from './answers/language-words.ts';
import { wordsOf } from './answers/normalize.ts';
import { compileNext } from './compile-next.ts';
import {
  FAILED_NODE,
  type Flow,
  MACHINE_NODE,
  NO_TRANSFER_NODE,
  OPT_OUT_NODE,
  UNDECIDED_NODE,
} from './flow.ts';
import type { FlowProblem } from './flow-problem.ts';
import { defaultMessages, type SystemMessages } from './messages.ts';
import type { AskNode, EndNode, FlowNode, Question } from './nodes/flow-node.ts';
import { type PromptTemplate, parseTemplate, type TemplatePart } from './prompt-template.ts';
import type { FileAsk, FileNode, FilePrompt, FlowFile } from './schema/flow-file.ts';
import type { Path } from './schema/yaml-source.ts';

export interface CompileOptions {
  readonly fileName: string;
  readonly hash: string;
  readonly text: string;
  readonly directory: string;
  readonly checkAudio: (path: string) => string | null;
}

/** What a node's compilation may look at and report to. */
export interface Compilation {
  readonly options: CompileOptions;
  readonly messages: SystemMessages;
  refuse(path: Path, message: string): void;
}

export function compileFlow(
  file: FlowFile,
  lineOf: (path: Path) => number,
  options: CompileOptions,
): { flow: Flow; problems: FlowProblem[] } {
  const problems: FlowProblem[] = [];
  const language = file.language ?? 'en';
  const defaults = defaultMessages(language);
  const refuse = (path: Path, message: string) =>
    void problems.push({ line: lineOf(path), path: path.join('.'), message });
  if (defaults === undefined || languageWords(language) === undefined) {
    refuse(['language'], `Expected a language that answers can be read in (en), received "${language}"`);
  }
  const given = Object.fromEntries(
    Object.entries(file.messages ?? {}).filter(([, text]) => text !== undefined),
  );
  const messages = { ...(defaults ?? defaultMessages('en')!), ...given } as SystemMessages;
  const compilation: Compilation = { options, messages, refuse };
  const nodes: Record<string, FlowNode> = {};
  for (const [id, node] of Object.entries(file.nodes)) {
    nodes[id] = compileNode(id, node, lineOf(['nodes', id]), compilation);
  }
  for (const builtIn of builtInEnds(messages)) nodes[builtIn.id] = builtIn;
  const voicemail = file.voicemail === undefined ? undefined : nodes[file.voicemail];
  // A machine speaks over nothing: what is left of its greeting is no answer.
  if (voicemail !== undefined) nodes[voicemail.id] = { ...voicemail, bargeIn: false };
  const optOut = file.intents?.['opt-out'];
  const operator = file.intents?.operator;
  const flow: Flow = {
    name: file.flow,
    fileName: options.fileName,
    hash: options.hash,
    text: options.text,
    directory: options.directory,
    language,
    voice: file.voice ?? 'slt',
    start: file.start,
    numbers: file.numbers ?? [],
    variables: file.variables ?? {},
    messages,
    intents: {
      optOut: optOut === false ? null : (optOut ?? OPT_OUT_NODE),
      operator: operator === false ? null : (operator ?? null),
      repeat: file.intents?.repeat ?? true,
    },
    voicemail: file.voicemail ?? MACHINE_NODE,
    nodes,
    warnings: [],
  };
  return { flow, problems };
}

function builtInEnds(messages: SystemMessages): EndNode[] {
  const end = (id: string, text: string | null, outcome: string): EndNode => ({
    kind: 'end',
    id,
    line: 0,
    prompt: text === null ? null : parseTemplate(text),
    bargeIn: false,
    outcome,
    // The intent does.
    optsOut: false,
  });
  return [
    end(UNDECIDED_NODE, messages.too_many_tries, 'undecided'),
    end(OPT_OUT_NODE, messages.opted_out, 'opt-out'),
    end(FAILED_NODE, messages.failure, 'undecided'),
    end(NO_TRANSFER_NODE, messages.transfer_failed, 'not-transferred'),
    end(MACHINE_NODE, null, 'machine'),
  ];
}

function compileNode(id: string, node: FileNode, line: number, to: Compilation): FlowNode {
  const path: Path = ['nodes', id];
  const bargeIn = node.barge_in ?? true;
  switch (node.kind) {
    case 'say':
      return {
        kind: 'say',
        id,
        line,
        prompt: spoken(node, path, to),
        bargeIn,
        next: compileNext(id, node, to),
      };
    case 'record':
      return compileRecord(id, node, line, to);
    case 'end':
      return {
        kind: 'end',
        id,
        line,
        prompt: maybeSpoken(node, path, to),
        bargeIn,
        outcome: node.outcome,
        optsOut: node.opt_out ?? false,
      };
    case 'transfer': {
      const outcome = node.outcome ?? 'transferred';
      checkBraces(parseTemplate(node.whisper ?? ''), [...path, 'whisper'], to);
      return {
        kind: 'transfer',
        id,
        line,
        prompt: maybeSpoken(node, path, to),
        bargeIn,
        transfer: {
          to: node.to,
          whisper: node.whisper ?? '',
          ringSeconds: node.ring_seconds ?? RING_SECONDS,
        },
        outcome,
        otherwise: node.otherwise ?? NO_TRANSFER_NODE,
      };
    }
    case 'ask':
      return compileAsk(id, node, line, to);
  }
}

/** A phone that rings for longer is most likely answered by a machine. */
const RING_SECONDS = 20;

function compileRecord(
  id: string,
  node: FileNode & { kind: 'record' },
  line: number,
  to: Compilation,
): FlowNode {
  const path: Path = ['nodes', id];
  const isOn = node.recording === 'start';
  const prompt = maybeSpoken(node, path, to);
  if (isOn && prompt === null && node.consent === undefined)
    to.refuse(path, 'Expected a notice (text: or audio:) or a question that asks for it (consent:)');
  if (!isOn && node.consent !== undefined)
    to.refuse([...path, 'consent'], 'Expected no consent for the end of a recording');
  return {
    kind: 'record',
    id,
    line,
    prompt,
    bargeIn: node.barge_in ?? false,
    isOn,
    consent: node.consent ?? null,
    next: compileNext(id, node, to),
  };
}

/** Endpointing by kind of answer: a yes is short and quick to end, digits are said with pauses. */
const LISTENING = {
  'yes-no': { endOfSpeechMs: 500, maxUtteranceMs: 6_000, noInputMs: 6_000 },
  choice: { endOfSpeechMs: 600, maxUtteranceMs: 8_000, noInputMs: 7_000 },
  number: { endOfSpeechMs: 800, maxUtteranceMs: 8_000, noInputMs: 8_000 },
  digits: { endOfSpeechMs: 1_200, maxUtteranceMs: 15_000, noInputMs: 8_000 },
} as const;

function compileAsk(id: string, node: FileAsk, line: number, to: Compilation): AskNode {
  const path: Path = ['nodes', id];
  const question = compileQuestion(node, path, to);
  const listening = LISTENING[node.answer];
  const reprompts = (key: 'no_input' | 'no_match') =>
    (node[key] ?? []).map((entry, index) =>
      spoken(typeof entry === 'string' ? { text: entry } : entry, [...path, key, index], to),
    );
  return {
    kind: 'ask',
    id,
    line,
    prompt: spoken(node, path, to),
    bargeIn: node.barge_in ?? true,
    question,
    noInput: reprompts('no_input'),
    noMatch: reprompts('no_match'),
    keypadHint: keypadHint(question, to.messages),
    tries: node.tries ?? 3,
    endOfSpeechMs: node.end_of_speech_ms ?? listening.endOfSpeechMs,
    maxUtteranceMs: node.max_utterance_ms ?? listening.maxUtteranceMs,
    noInputMs: node.no_input_ms ?? listening.noInputMs,
    interDigitMs: ('inter_digit_ms' in node ? node.inter_digit_ms : undefined) ?? 3_000,
    next: compileNext(id, node, to),
    otherwise: node.otherwise ?? UNDECIDED_NODE,
  };
}

function compileQuestion(node: FileAsk, path: Path, to: Compilation): Question {
  switch (node.answer) {
    case 'yes-no': {
      const keypad = Object.entries(node.keypad ?? { 1: 'yes', 2: 'no' }).map(([key, answer]) => [
        key,
        answer === 'yes',
      ]);
      return {
        answer: 'yes-no',
        yes: (node.yes ?? []).map(wordsOf),
        no: (node.no ?? []).map(wordsOf),
        keypad: Object.fromEntries(keypad),
      };
    }
    case 'choice':
      return compileChoice(node, path, to);
    case 'number': {
      const min = node.min ?? 0;
      const max = node.max ?? 999_999;
      if (min > max) to.refuse([...path, 'max'], `Expected at least min (${min}), received ${max}`);
      return {
        answer: 'number',
        min,
        max,
        decimals: node.decimals ?? false,
        units: (node.units ?? []).flatMap(wordsOf),
      };
    }
    case 'digits': {
      const minLength = node.length ?? node.min_length ?? 1;
      const maxLength = node.length ?? node.max_length ?? Math.max(20, minLength);
      if (node.length !== undefined && (node.min_length ?? node.max_length) !== undefined) {
        to.refuse([...path, 'length'], 'Expected either length, or min_length and max_length');
      }
      if (minLength > maxLength) {
        to.refuse(
          [...path, 'max_length'],
          `Expected at least min_length (${minLength}), received ${maxLength}`,
        );
      }
      return { answer: 'digits', minLength, maxLength };
    }
  }
}

function compileChoice(node: FileAsk & { answer: 'choice' }, path: Path, to: Compilation): Question {
  const names = Object.keys(node.choices);
  if (names.length < 2 || names.length > 9) {
    to.refuse([...path, 'choices'], `Expected two to nine choices, received ${names.length}`);
  }
  const owners = new Map<string, string>();
  const choices = names.map((name) => {
    const keywords = [name.replaceAll(/[_-]/g, ' '), ...(node.choices[name] ?? [])];
    for (const phrase of keywords) {
      const key = wordsOf(phrase).join(' ');
      const owner = owners.get(key);
      if (key === '')
        to.refuse([...path, 'choices', name], `Expected words, received ${JSON.stringify(phrase)}`);
      if (owner !== undefined && owner !== name) {
        to.refuse([...path, 'choices', name], `Expected words of its own; "${phrase}" also means ${owner}`);
      }
      owners.set(key, owner ?? name);
    }
    return { name, keywords, phrases: keywords.map(wordsOf) };
  });
  for (const [key, answer] of Object.entries(node.keypad ?? {})) {
    if (!names.includes(answer)) {
      to.refuse(
        [...path, 'keypad', key],
        `Expected one of ${names.join(', ')}, received ${JSON.stringify(answer)}`,
      );
    }
  }
  const keypad = node.keypad ?? Object.fromEntries(names.map((name, index) => [String(index + 1), name]));
  return { answer: 'choice', choices, keypad };
}

/** Which keys to press, from the keypad map, so that a changed map changes what is said. */
function keypadHint(question: Question, messages: SystemMessages): PromptTemplate {
  if (question.answer === 'number' || question.answer === 'digits') {
    return parseTemplate(`${messages.keypad} ${messages.keypad_entry}`);
  }
  const named = Object.entries<string | boolean>(question.keypad).map(([key, answer]) => {
    const label =
      typeof answer === 'boolean' ? (answer ? messages.yes : messages.no) : answer.replaceAll(/[_-]/g, ' ');
    const key_ = key === '#' ? 'pound' : key === '*' ? 'star' : key;
    return messages.keypad_option
      .replace(/\{\{\s*key\s*\}\}/, () => key_)
      .replace(/\{\{\s*answer\s*\}\}/, () => label);
  });
  return parseTemplate([messages.keypad, ...named].join(' '));
}

function maybeSpoken(prompt: FilePrompt, path: Path, to: Compilation): PromptTemplate | null {
  return prompt.text === undefined && prompt.audio === undefined ? null : spoken(prompt, path, to);
}

function spoken(prompt: FilePrompt, path: Path, to: Compilation): PromptTemplate {
  if (prompt.audio !== undefined) {
    const file = resolve(to.options.directory, prompt.audio);
    const problem = to.options.checkAudio(file);
    if (problem !== null) to.refuse([...path, 'audio'], problem);
    return { kind: 'audio', path: file, text: prompt.text ?? '' };
  }
  if (prompt.text === undefined) to.refuse(path, 'Expected a prompt: text: or audio:');
  const template = parseTemplate(prompt.text ?? '');
  checkBraces(template, [...path, 'text'], to);
  return template;
}

function checkBraces(template: PromptTemplate, path: Path, to: Compilation): void {
  const fixed =
    template.kind === 'text' ? template.parts.filter((part: TemplatePart) => typeof part === 'string') : [];
  if (fixed.some((part) => /\{\{|\}\}/.test(part as string)))
    to.refuse(path, 'Expected variables as {{name}}, received "{{" or "}}" without its other half');
}
