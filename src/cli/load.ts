/**
 * `trunkline load`: how many calls does this machine carry? Places simulated calls by the hundred, from processes of its
 * own, and says what it found; by its exit code, too.
 */
import { type Command, Option } from 'commander';
import { TrunklineError } from '../errors.ts';
import { CALLER_KINDS, CallerMix } from '../load/caller-mix.ts';
import { DEFAULT_SLOS, type Slos } from '../load/slo.ts';
import { checked, countOption, type Limit, limitOption, millisecondsOption } from './load-values.ts';

const MIX = 'talking=70,keypad=10,barge-in=10,hang-up=5,quiet=5';

const EXAMPLES = `
Without --url it starts a server of its own, in a process and a folder of its own, and a strict stand-in of OpenAI's
transcription that answers after --vendor-ms; what each caller said is then held against the store. Callers come at --rate
until --calls are live; who ends is replaced for --duration seconds; then those that are live finish.
Kinds of callers (--mix): ${CALLER_KINDS.join(', ')}.

Exit code 0: every objective (--slo-...) was kept. 1: one was not. 2: wrong usage, or nothing could be started. 3: the run is
invalid, since the generator lagged. Examples:
  npx trunkline load --calls 500 --duration 60
  npx trunkline load --calls 1000 --mix listening --rate 50        what it costs to listen
  npx trunkline load --calls 1500 --max-calls 750 --slo-refused off  twice what the server admits
  npx trunkline load --calls 200 --find-knee --html knee.html
  npx trunkline load --url http://127.0.0.1:8080 --server-pid 4711  a server that runs already (settings as in .env)`;

export interface LoadOptions {
  readonly calls: number;
  readonly rate: number;
  readonly duration: number;
  readonly finish: number;
  readonly mix: CallerMix;
  readonly flow: string;
  readonly recognizer?: 'stand-in' | 'builtin';
  readonly vendorMs?: number;
  readonly senders: number;
  readonly seed: number;
  readonly maxCalls?: number;
  readonly url?: string;
  readonly publicUrl?: string;
  readonly authTokenFile?: string;
  readonly serverPid?: number;
  readonly dataDir?: string;
  readonly standInPort?: number;
  readonly findKnee: boolean;
  readonly kneeMax: number;
  readonly json?: string;
  readonly html?: string;
  readonly slos: Slos;
}

interface SloFlags {
  readonly sloTurnP99: Limit;
  readonly sloFirstAudioP99: Limit;
  readonly sloBargeInP99: Limit;
  readonly sloGapMax: Limit;
  readonly sloRefusalP99: Limit;
  readonly sloWrong: Limit;
  readonly sloRefused: Limit;
}

export function registerLoad(program: Command): void {
  const limit = (flag: string, about: string, value: number | null) =>
    new Option(`${flag} <limit>`, `${about}; off: not asked`).argParser(limitOption).default(value);
  program
    .command('load')
    .description('Put a load of simulated calls on a server, and measure what they hear and what it costs.')
    .option('--calls <n>', 'calls to hold at once', countOption(1, 20_000), 100)
    .option('--rate <n>', 'new calls a second', countOption(1, 1000), 25)
    .option('--duration <seconds>', 'to hold them for', countOption(1, 86_400), 60)
    .option('--finish <seconds>', 'that live calls have afterwards', countOption(0, 3600), 150)
    .addOption(
      new Option('--mix <shares>', 'kinds of callers')
        .argParser(checked(CallerMix.parse))
        .default(CallerMix.parse(MIX), MIX),
    )
    .option('--flow <file>', 'the flow that they talk to', 'bench/flows/screening.yaml')
    .addOption(
      new Option('--recognizer <which>', 'who listens to them: the stand-in unless --url is given').choices([
        'stand-in',
        'builtin',
      ]),
    )
    .option(
      '--vendor-ms <ms>',
      'what the recognizer takes, taken off each turn (300 of the stand-in)',
      millisecondsOption,
    )
    .option('--senders <n>', 'processes that the callers are in', countOption(1, 16), 1)
    .option('--seed <n>', 'the same seed gives the same callers', countOption(0, 2 ** 31), 1)
    .option(
      '--max-calls <n>',
      "the own server's MAX_CALLS; a little more than --calls if absent",
      countOption(1, 100_000),
    )
    .option('--url <url>', 'a server that runs already, as http://127.0.0.1:8080')
    .option('--public-url <url>', 'what Twilio knows it by, if not PUBLIC_URL or TWILIO_DOMAIN')
    .option('--auth-token-file <file>', 'its auth token, if not TWILIO_AUTH_TOKEN')
    .option('--server-pid <pid>', 'its process, to see CPU and memory', countOption(1, 2 ** 31))
    .option('--data-dir <folder>', 'on the disk of its store, to measure that')
    .option(
      '--stand-in-port <port>',
      'where its OPENAI_BASE_URL expects the stand-in',
      countOption(1, 65_535),
    )
    .option(
      '--find-knee',
      'find the largest number of calls that keeps the objectives; begins with --calls',
      false,
    )
    .option('--knee-max <n>', 'calls that it tries at the most', countOption(1, 20_000), 8000)
    .option('--json <file>', 'keep the report as JSON')
    .option('--html <file>', 'keep it as a page with plots')
    .addOption(limit('--slo-turn-p99', 'ms beyond endpointing, vendor and fsync', DEFAULT_SLOS.turnP99Ms))
    .addOption(limit('--slo-first-audio-p99', 'ms from the webhook', DEFAULT_SLOS.firstAudioP99Ms))
    .addOption(limit('--slo-barge-in-p99', 'ms from the frame that shows speech', DEFAULT_SLOS.bargeInP99Ms))
    .addOption(limit('--slo-gap-max', 'ms inside a prompt', DEFAULT_SLOS.gapMaxMs))
    .addOption(limit('--slo-refusal-p99', 'ms to answer who is refused', DEFAULT_SLOS.refusalP99Ms))
    .addOption(limit('--slo-wrong', 'calls with another outcome, or dropped', DEFAULT_SLOS.wrongMax))
    .addOption(limit('--slo-refused', 'calls refused', DEFAULT_SLOS.refusedMax))
    .addHelpText('after', EXAMPLES)
    .action(async (given: Omit<LoadOptions, 'slos'> & SloFlags) => {
      try {
        const { putLoad } = await import('./put-load.ts');
        process.exitCode = await putLoad({ ...given, slos: slosOf(given) });
      } catch (error) {
        // 1 is a broken objective's.
        if (!(error instanceof TrunklineError)) throw error;
        console.error(`${error.message} (${error.code})`);
        process.exitCode = 2;
      }
    });
}

function slosOf(given: SloFlags): Slos {
  const asked = (limit: Limit): number | null => (limit === 'off' ? null : limit);
  return {
    turnP99Ms: asked(given.sloTurnP99),
    firstAudioP99Ms: asked(given.sloFirstAudioP99),
    bargeInP99Ms: asked(given.sloBargeInP99),
    gapMaxMs: asked(given.sloGapMax),
    refusalP99Ms: asked(given.sloRefusalP99),
    wrongMax: asked(given.sloWrong),
    refusedMax: asked(given.sloRefused),
  };
}
