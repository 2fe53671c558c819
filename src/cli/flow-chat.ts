/**
 * `trunkline flow chat FILE`: talk to a flow by typing. The same `step` as on the telephone; no audio, no server, no
 * waiting. Also scripted, for tests of one's own flow: `--answers yes,42,no`.
 */
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { type Command, InvalidArgumentError } from 'commander';
import type { FlowAction } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';
import type { Flow } from '../flow/flow.ts';
import { initialState } from '../flow/initial-state.ts';
import type { FlowState } from '../flow/state.ts';
import { step } from '../flow/step.ts';
import { typedVariables } from '../operations/dial.ts';
import { loadFlowFile } from './flow-file.ts';

export interface ChatOptions {
  /** Lines to type, instead of reading them from `input`. After the last one the caller hangs up. */
  readonly answers?: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly from: string;
  readonly to: string;
}

export interface ChatStreams {
  readonly input: Readable;
  readonly output: Writable;
}

const HELP =
  'Type what the caller says. /digits 12# presses keys, /silence says nothing, /hangup ends the call.';

export function registerFlowChat(flow: Command): void {
  flow
    .command('chat')
    .description('Talk to a flow by typing, without audio.')
    .argument('<file>', 'the flow file (YAML)')
    .option('--answers <list>', 'answers to give, separated by commas', (list: string) => list.split(','))
    .option('--set <name=value>', 'a variable of the call (repeatable)', collectVariable, {})
    .option('--from <number>', 'number of the caller', '')
    .option('--to <number>', 'number that was called', '')
    .action(
      async (
        file: string,
        options: { answers?: string[]; set: Record<string, string>; from: string; to: string },
      ) => {
        const { set: variables, ...others } = options;
        await chat(
          loadFlowFile(file),
          { ...others, variables },
          { input: process.stdin, output: process.stdout },
        );
      },
    );
}

function collectVariable(text: string, earlier: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected name=value.');
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Runs one call and prints its outcome and answers. Resolves with the last state, however the call ends. */
export async function chat(
  flow: Flow,
  options: ChatOptions,
  { input, output }: ChatStreams,
): Promise<FlowState> {
  const say = (line: string) => void output.write(`${line}\n`);
  const call = { from: options.from, to: options.to, variables: typedVariables(flow, options.variables) };
  let state = initialState(flow, call);
  const happen = (event: FlowEvent) => {
    const stepped = step(flow, state, event);
    state = stepped.state;
    for (const action of stepped.actions) show(action, say);
  };
  const isOpen = () => state.phase === 'asking';
  if (options.answers === undefined) say(HELP);
  happen({ kind: 'started', ...call });
  if (options.answers !== undefined) {
    for (const line of options.answers) {
      if (!isOpen()) break;
      say(`> ${line}`);
      happen(toEvent(line, state.listenId));
    }
  } else if (isOpen()) {
    await converse(isOpen, (line) => happen(toEvent(line, state.listenId)), { input, output });
  }
  if (isOpen()) {
    happen({ kind: 'ended', reason: 'caller hung up' });
    say('(the caller hung up)');
  }
  say(`outcome: ${state.outcome ?? 'none'}`);
  say(`answers: ${JSON.stringify(state.answers)}`);
  return state;
}

/** Reads lines until the call is over, the input ends, or Ctrl-C. Lines that come from a pipe are shown as if typed. */
async function converse(
  isOpen: () => boolean,
  type: (line: string) => void,
  { input, output }: ChatStreams,
): Promise<void> {
  const isTyped = (input as { isTTY?: boolean }).isTTY === true;
  const lines = createInterface({ input, output, prompt: '> ', terminal: isTyped });
  lines.on('SIGINT', () => {
    output.write('\n');
    lines.close();
  });
  if (isTyped) lines.prompt();
  for await (const line of lines) {
    if (!isTyped) output.write(`> ${line}\n`);
    type(line);
    if (!isOpen()) break;
    if (isTyped) lines.prompt();
  }
  lines.close();
}

function toEvent(line: string, listenId: number): FlowEvent {
  const text = line.trim();
  const [command, argument = ''] = text.split(/\s+/, 2);
  switch (command) {
    case '/digits':
      return { kind: 'answered', listenId, by: 'digits', text: argument };
    case '/silence':
    case '':
      return { kind: 'no.input', listenId };
    case '/hangup':
      return { kind: 'ended', reason: 'caller hung up' };
    default:
      return { kind: 'answered', listenId, by: 'speech', text };
  }
}

function show(action: FlowAction, say: (line: string) => void): void {
  if (action.kind === 'listen') return;
  say(lineOf(action));
}

function lineOf(action: Exclude<FlowAction, { kind: 'listen' }>): string {
  switch (action.kind) {
    case 'play': {
      const { prompt } = action;
      return `bot: ${prompt.kind === 'audio' && prompt.text === '' ? `[${prompt.path}]` : prompt.text}`;
    }
    case 'record':
      return action.value === null
        ? '     (no answer read)'
        : `     (${action.nodeId} = ${JSON.stringify(action.value)})`;
    case 'transfer': {
      const { to, whisper } = action.transfer;
      return `(transferred to ${to}${whisper === '' ? '' : `, who first hears: ${whisper}`})`;
    }
    case 'recording':
      return `(recording ${action.isOn ? 'starts' : 'stops'})`;
    case 'opt-out':
      return '(on the do-not-call list)';
    case 'hangup':
      return '(the bot hung up)';
  }
}
