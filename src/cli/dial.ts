/** `trunkline dial`: asks for an outbound call, and shows how it goes. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Dial, MachineDetection } from '../channel/dial-messages.ts';
import { isFinal } from '../channel/dial-messages.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { ConfigError, DialError } from '../errors.ts';
import { askForCall, type DialWish } from '../operations/dial.ts';
import type { KeptCall } from '../store/call-store.ts';
import { durationMsOf } from './call-text.ts';
import { type CallsAtHand, withCalls } from './calls-store.ts';
import { loadFlowFiles } from './flow-file.ts';
import type { Output } from './prompt-progress.ts';

const EXAMPLES = `
The call is placed by a server that runs with the same settings (npx trunkline start), and talks by the flow that answers the number
that calls, or --flow. Needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, a public address, and a number of yours that calls. Ctrl-C takes
back what no server has placed yet; a call that is on goes on.
Exit code 0 when somebody answered; 1 when nobody did, and when the call could not be asked for. Examples:
  npx trunkline dial +12025550123
  npx trunkline dial +12025550123 --set name=Ana --set age=41 --flow reminder
  npx trunkline dial +12025550123 --machine-detection sync
  npx trunkline dial +12025550123 --no-wait`;

const LOOK_EVERY_MS = 300;
/** A server takes what waits within a second. */
const UNTAKEN_MS = 10_000;
const ENDED_RECORD_MS = 3000;

export interface DialOptions {
  readonly from?: string;
  readonly flow?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly machineDetection?: MachineDetection;
  readonly wait: boolean;
}

export function registerDial(program: Command): void {
  program
    .command('dial <number>')
    .description('Call a number, and talk by a flow.')
    .option('--from <number>', 'a number of the account, in place of TWILIO_PHONE_NUMBER')
    .option('--flow <name>', 'a flow of FLOW, by its name')
    .option('--set <name=value>', 'a variable of the flow; repeat it for more', collectVariable, {})
    .addOption(
      new Option('--machine-detection <how>', 'whether a machine that answers is noticed').choices([
        'off',
        'async',
        'sync',
      ]),
    )
    .option('--no-wait', 'only ask for the call')
    .addHelpText('after', EXAMPLES)
    .action(async (number: string, options: DialOptions) => {
      const isAnswered = await dialNumber(readConfig(), number, options, process.stdout, systemClock);
      if (!isAnswered) process.exitCode = 1;
    });
}

/** Resolves with whether somebody answered, true where nobody waits for that. Rejects with ConfigError or DialError. */
export async function dialNumber(
  config: Config,
  number: string,
  options: DialOptions,
  output: Output,
  clock: Clock,
): Promise<boolean> {
  requireAccount(config);
  const flows = loadFlowFiles(config.FLOW);
  return withCalls(
    config,
    async (calls) => {
      const wish: DialWish = {
        to: number,
        from: options.from,
        flow: options.flow,
        variables: options.set,
        machineDetection: options.machineDetection,
      };
      // The server may have begun before the flow was written as it is now: a call finds its version in the store.
      const { dialId, from, to } = await askForCall(wish, {
        flows,
        number: config.TWILIO_PHONE_NUMBER ?? null,
        clock,
        dials: {
          isDoNotCall: (wanted) => calls.dials.isDoNotCall(wanted),
          put: (dial) => calls.putDial(dial, flows),
        },
      });
      output.write(`${from} calls ${to}  (${dialId})\n`);
      if (!options.wait) return true;
      // Not later, when nobody looks any more.
      const endInterrupt = onInterrupt(async () => {
        const isCanceled = await calls.dials.settle(
          dialId,
          'waiting',
          'canceled',
          'nobody waits for it any more',
        );
        output.write(isCanceled ? 'Canceled: nobody is called.\n' : 'The call goes on.\n');
      });
      try {
        return await watch(calls, dialId, output, clock);
      } finally {
        endInterrupt();
      }
    },
    'ask',
  );
}

async function watch(calls: CallsAtHand, dialId: string, output: Output, clock: Clock): Promise<boolean> {
  const beganAtMs = clock.nowMs();
  let shown = '';
  let isToldUntaken = false;
  for (;;) {
    const dial = await calls.dials.load(dialId);
    if (dial === null) throw new DialError('call', `expected ${dialId} in the store, received nothing`);
    const line = lineOf(dial);
    if (line !== shown) output.write(`${line}\n`);
    shown = line;
    if (isFinal(dial.status)) return await tellEnd(calls, dial, output, clock);
    // A server would have said so; there is none.
    if (dial.status === 'waiting' && clock.wallMs() > dial.untilWallMs)
      await calls.dials.settle(dialId, 'waiting', 'expired', 'no server has placed it in time');
    if (dial.status === 'waiting' && !isToldUntaken && clock.nowMs() - beganAtMs > UNTAKEN_MS) {
      isToldUntaken = true;
      output.write(
        'No server has placed it yet. Is one running (npx trunkline start), and has it room for a call (/readyz)?\n',
      );
    }
    await sleep(clock, LOOK_EVERY_MS);
  }
}

function lineOf({ answeredBy, failure, status }: Dial): string {
  const by = answeredBy === null || answeredBy === 'unknown' ? '' : `, by ${answeredBy.replaceAll('_', ' ')}`;
  return `  ${status}${by}${failure === null ? '' : `: ${failure}`}`;
}

/** The record is written about when the carrier tells of the end. */
async function tellEnd({ store }: CallsAtHand, dial: Dial, output: Output, clock: Clock): Promise<boolean> {
  const { callSid } = dial;
  if (callSid === null) return false;
  let call: KeptCall | null = null;
  for (let waitedMs = 0; waitedMs <= ENDED_RECORD_MS; waitedMs += LOOK_EVERY_MS) {
    call = await store.load(callSid);
    if (call?.endReason != null) break;
    await sleep(clock, LOOK_EVERY_MS);
  }
  const durationMs = call === null ? null : durationMsOf(call);
  const outcome = call?.outcome ?? call?.endReason ?? dial.status;
  const lasted =
    durationMs === null || dial.status !== 'completed' ? '' : `, ${(durationMs / 1000).toFixed(1)} s`;
  output.write(`${callSid}: ${outcome}${lasted}. npx trunkline calls show ${callSid}\n`);
  return dial.status === 'completed';
}

/** `act` is done once on Ctrl-C, and the process ended. Returns what takes that off again. */
function onInterrupt(act: () => Promise<void>): () => void {
  const listener = (): void => {
    void act()
      .catch(() => {})
      .finally(() => process.exit(130));
  };
  process.once('SIGINT', listener);
  return () => process.off('SIGINT', listener);
}

/** Throws ConfigError, which says what is missing. */
export function requireAccount({ publicUrl, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN }: Config): void {
  const missing = [
    ...(TWILIO_ACCOUNT_SID === undefined ? ['TWILIO_ACCOUNT_SID'] : []),
    ...(TWILIO_AUTH_TOKEN === undefined ? ['TWILIO_AUTH_TOKEN'] : []),
    ...(publicUrl === null ? ['TWILIO_DOMAIN'] : []),
  ];
  if (missing.length === 0) return;
  throw new ConfigError(
    `${missing.join(', ')}: expected for calls of your own, received nothing; npx trunkline doctor says what to put there`,
  );
}

function collectVariable(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
}
