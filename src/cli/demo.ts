/**
 * `trunkline demo`: the whole job with no telephone. Starts the server on a free port, with signatures, and calls it by the
 * simulated carrier. Exit code 0 only if every call reached the outcome that the flow gives for its answers.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { decodeG711 } from '../audio/g711.ts';
import { writeWav } from '../audio/wav.ts';
import { parseConfig, readConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { flowFor } from '../flow/flow-set.ts';
import { startTrunkline } from '../main.ts';
import { SimulatedCarrier } from '../simulator/simulated-carrier.ts';
import { CallerVoice } from './caller-voice.ts';
import { type DemoCallResult, placeDemoCall } from './demo-call.ts';
import { expectedOutcome } from './expected-outcome.ts';
import { loadFlowFiles } from './flow-file.ts';

const PUBLIC_URL = 'https://demo.trunkline.example';
const FROM = '+12025550147';
const TO = '+12025550100';

const EXAMPLES = `
Answers are words to say, keys to press (1, 35#) or "silence", in the order of the questions; the last one is repeated, and
questions for a number are answered on the keypad. Examples:
  npm run demo                                     every answer is yes
  npm run demo -- --answers yes,yes,no             the third question is answered no
  npm run demo -- --answers 1,42#,1,1,2            everything on the keypad
  npm run demo -- --answers maybe --voice awb      nothing that can be understood
  npm run demo -- --barge-in yes --wav heard.wav   speaks over the greeting; keeps what was heard
  npm run demo -- --all                            six callers at once, and a table`;

interface DemoOptions {
  readonly answers: readonly string[];
  readonly voice: string;
  readonly wav?: string;
  readonly flow?: string;
  /** True: the option without words. */
  readonly bargeIn?: string | true;
  readonly all: boolean;
}

interface Caller {
  readonly name: string;
  readonly answers: readonly string[];
  readonly bargeIn: string | null;
}

/** The callers of `--all`. */
const CALLERS: readonly Caller[] = [
  { name: 'all yes', answers: ['yes'], bargeIn: null },
  { name: 'one no', answers: ['yes', 'yes', 'no', 'yes'], bargeIn: null },
  { name: 'keypad', answers: ['1', '42#', '1', '1', '1'], bargeIn: null },
  { name: 'silence', answers: ['silence'], bargeIn: null },
  { name: 'maybe', answers: ['maybe'], bargeIn: null },
  { name: 'barge-in', answers: ['yes'], bargeIn: 'yes' },
];

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('Place a call by the simulated carrier and print the conversation: no telephone, no keys.')
    .option('--answers <list>', 'what the caller answers, separated by commas', parseAnswers, ['yes'])
    .option('--voice <name>', 'the built-in voice that the caller speaks with', 'rms')
    .option('--wav <file>', 'keep what the caller heard')
    .option('--flow <files>', 'flow files, instead of FLOW')
    .option('--barge-in [words]', 'say this over the first prompt (yes, if no words are given)')
    .option('--all', 'six callers at once: yes, no, keypad, silence, maybe, barge-in', false)
    .addHelpText('after', EXAMPLES)
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

async function demo(options: DemoOptions): Promise<number> {
  const wav = options.wav === undefined ? null : openForWriting(options.wav);
  const voice = new CallerVoice(options.voice);
  const callers = options.all
    ? CALLERS
    : [
        {
          name: 'caller',
          answers: options.answers,
          bargeIn: options.bargeIn === true ? 'yes' : (options.bargeIn ?? null),
        },
      ];
  const settings = readConfig();
  const authToken = randomBytes(16).toString('hex');
  const config = parseConfig({
    TWILIO_AUTH_TOKEN: authToken,
    PUBLIC_URL,
    PORT: '0',
    DATA_DIR: join(settings.DATA_DIR, 'demo'),
    LOG_LEVEL: settings.LOG_LEVEL === 'info' ? 'warn' : settings.LOG_LEVEL,
    FLOW: options.flow ?? settings.FLOW,
    RECORD_CALLS: settings.RECORD_CALLS,
  });
  const flows = loadFlowFiles(config.FLOW);
  const flow = flowFor(flows, TO);
  const trunkline = await startTrunkline({ config, flows });
  const carrier = new SimulatedCarrier({
    authToken,
    publicUrl: PUBLIC_URL,
    connectTo: { host: '127.0.0.1', port: trunkline.port, tls: false },
    insecure: true,
  });
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
    void carrier.close();
  };
  process.once('SIGINT', interrupt);
  try {
    const speech = new Map<string, Uint8Array>();
    for (const { answers, bargeIn } of callers) {
      for (const text of [...answers, ...(bargeIn === null ? [] : [bargeIn])]) {
        if (text !== 'silence' && !/^[0-9*#]+$/.test(text)) speech.set(text, await voice.speak(text));
      }
    }
    await trunkline.warm;
    if (interrupted.signal.aborted) return 130;
    const place = (caller: Caller) =>
      placeDemoCall(carrier, trunkline.server.directory, {
        ...caller,
        flow,
        from: FROM,
        to: TO,
        speech,
        record: options.wav !== undefined,
        tell: ({ atMs, text, who }) => {
          const name = who === 'note' ? '' : who;
          if (!options.all)
            console.log(`${(atMs / 1000).toFixed(2).padStart(6)} s  ${name.padEnd(6)}  ${text}`);
        },
      });
    if (options.all) console.log(`${callers.length} callers at once; about a minute.`);
    const results = await Promise.all(callers.map(place));
    const isAllRight = callers
      .map((caller, index) =>
        judge(caller, results[index]!, expectedOutcome(flow, caller.answers, { from: FROM, to: TO }).outcome),
      )
      .every((isRight) => isRight);
    const heard = results[0]?.report.heard;
    if (wav !== null && heard != null) {
      writeFileSync(wav, writeWav({ samples: decodeG711('mulaw', heard), sampleRateHz: 8000 }));
      console.log(`What the caller heard is in ${options.wav}.`);
    }
    return interrupted.signal.aborted ? 130 : isAllRight ? 0 : 1;
  } finally {
    process.off('SIGINT', interrupt);
    if (wav !== null) closeSync(wav);
    await carrier.close();
    await trunkline.close();
  }
}

/** Before the call, not after it: a minute's conversation is not to be lost to a misspelt folder. */
function openForWriting(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new ConfigError(
      `--wav: expected a file that can be written, received ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** Prints how a call ended, and says whether it ended as the flow has it. */
function judge(caller: Caller, result: DemoCallResult, expected: string | null): boolean {
  const { answers, bargeInMs, outcome, report } = result;
  const isRight = outcome === expected && report.errors.length === 0;
  const parts = [
    `outcome ${outcome ?? 'none'}${isRight ? '' : ` (expected ${expected ?? 'none'})`}`,
    `answers ${JSON.stringify(answers)}`,
    `${(report.endedAtMs / 1000).toFixed(1)} s`,
  ];
  if (caller.bargeIn !== null) {
    parts.push(
      bargeInMs === null
        ? 'no barge-in'
        : `the bot stopped ${Math.round(bargeInMs)} ms after the caller began`,
    );
  }
  for (const { code, text } of [...report.errors, ...report.warnings]) parts.push(`carrier: ${code} ${text}`);
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${caller.name.padEnd(9)} ${parts.join('; ')}`);
  return isRight && (caller.bargeIn === null || bargeInMs !== null);
}

function parseAnswers(list: string): string[] {
  const answers = list.split(',').map((answer) => answer.trim().toLowerCase());
  if (answers.some((answer) => answer === '')) {
    throw new InvalidArgumentError('Expected answers separated by commas, as yes,no,1.');
  }
  return answers;
}
