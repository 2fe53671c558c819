/** `trunkline calls show`: one call whole: its record, its questions and what of them was heard, its result's way out. */
import type { Command } from 'commander';
import { recordingsOfCall } from '../audio-recordings.ts';
import { type Config, readConfig } from '../config.ts';
import { StoreError } from '../errors.ts';
import { maskDigits } from '../masked.ts';
import type { CarrierAccount, CarrierRecording } from '../operations/carrier-account.ts';
import { readCarrierConfig } from '../operations/carrier-config.ts';
import { openTwilioAccount } from '../operations/twilio-account.ts';
import type { CallTurn, KeptCall } from '../store/call-store.ts';
import type { ResultState } from '../store/outbox.ts';
import { durationMsOf, maskCall, plain, timeText, toReport } from './call-text.ts';
import { withCalls } from './calls-store.ts';
import type { Output } from './prompt-progress.ts';
import { textTable } from './text-table.ts';
import { writeOut } from './write-out.ts';

const EXAMPLES = `
Exit code 1 when there is no such call. Examples:
  npx trunkline calls show CA0123456789abcdef0123456789abcdef
  npx trunkline calls show CA0123456789abcdef0123456789abcdef --json --unmask
  npx trunkline calls show CA0123456789abcdef0123456789abcdef --twilio    # with the recordings that Twilio has`;

const HEADINGS = ['#', 'QUESTION', 'ASKED', 'SENT', 'HEARD', 'ANSWER BEGAN', 'HOW', 'VALUE', 'WORDS'];

export interface ShowOptions {
  readonly json: boolean;
  readonly unmask: boolean;
  /** Asks the carrier for its recordings too. */
  readonly twilio?: boolean;
}

interface WholeCall {
  readonly call: KeptCall;
  readonly turns: readonly CallTurn[];
  readonly result: ResultState | null;
  /** Paths, on this machine. */
  readonly recordings: readonly string[];
  /** Null: nobody asked. */
  readonly carrierRecordings: readonly CarrierRecording[] | null;
}

export function registerCallsShow(calls: Command): void {
  calls
    .command('show <callSid>')
    .description(
      'Show one call: record, questions, what was heard of them, whether its result was delivered, recordings.',
    )
    .option('--json', 'as JSON', false)
    .option('--unmask', 'with whole numbers', false)
    .option('--twilio', 'with the recordings that Twilio has of it', false)
    .addHelpText('after', EXAMPLES)
    .action((callSid: string, options: ShowOptions) =>
      showCall(readConfig(), callSid, options, process.stdout),
    );
}

/** Rejects with StoreError when there is no such call. */
export async function showCall(
  config: Config,
  callSid: string,
  { json, twilio = false, unmask }: ShowOptions,
  output: Output,
  openAccount: () => Pick<CarrierAccount, 'recordingsOf'> = () =>
    openTwilioAccount(readCarrierConfig().credentials),
): Promise<void> {
  const found = await withCalls(config, async ({ store, outbox }) => {
    const call = await store.load(callSid);
    if (call === null) return null;
    return { call, turns: await store.turnsOf(callSid), result: await outbox.stateOf(callSid) };
  });
  if (found === null) {
    throw new StoreError(
      `Expected a call in the store, received ${plain(callSid).slice(0, 64)}, which is not there`,
    );
  }
  const recorded = {
    ...found,
    recordings: recordingsOfCall(config, found.call.callSid),
    carrierRecordings: twilio ? await openAccount().recordingsOf(found.call.callSid) : null,
  };
  const whole = unmask ? recorded : masked(recorded);
  await writeOut([`${json ? JSON.stringify(toJson(whole), null, 2) : describe(whole)}\n`], output);
}

function masked({ call, turns, ...rest }: WholeCall): WholeCall {
  return {
    ...rest,
    call: maskCall(call),
    turns: turns.map((turn) => ({ ...turn, heard: maskDigits(turn.heard), value: maskDigits(turn.value) })),
  };
}

function toJson({ call, carrierRecordings, turns, recordings, result }: WholeCall): unknown {
  return {
    ...toReport(call),
    turns: turns.map(({ askedAtWallMs, answeredAtWallMs, playout, ...turn }) => ({
      ...turn,
      askedAt: timeText(askedAtWallMs),
      answeredAt: answeredAtWallMs === null ? null : timeText(answeredAtWallMs),
      sentMs: playout.sentMs,
      heardMs: playout.heardMs,
      answerBeganAt: playout.answerBeganAtWallMs === null ? null : timeText(playout.answerBeganAtWallMs),
    })),
    recordings,
    ...(carrierRecordings === null ? {} : { carrierRecordings }),
    result:
      result === null
        ? null
        : {
            state: result.state,
            tries: result.tries,
            lastFailure: result.lastFailure,
            dueAt: timeText(result.dueAtWallMs),
            settledAt: result.settledAtWallMs === null ? null : timeText(result.settledAtWallMs),
          },
  };
}

function describe({ call, carrierRecordings, turns, recordings, result }: WholeCall): string {
  const durationMs = durationMsOf(call);
  const answers = Object.entries(call.answers).map(([node, value]) => `${node}=${value}`);
  const lines: [string, string][] = [
    ['call', `${call.callSid}, ${call.direction}`],
    ['from', call.from === '' ? 'unknown' : call.from],
    ['to', call.to],
    ['started', timeText(call.startedAtWallMs)],
    ['ended', call.endedAtWallMs === null ? 'not yet' : `${timeText(call.endedAtWallMs)}, ${call.endReason}`],
    [
      'lasted',
      durationMs === null ? '-' : `${(durationMs / 1000).toFixed(1)} s, came back ${call.resumes} times`,
    ],
    ['outcome', call.outcome ?? 'undecided'],
    ...transferLines(call),
    ['answers', answers.length === 0 ? 'none' : answers.join(', ')],
    ['flow', call.flowHash.slice(0, 12)],
    ['node', call.nodeId],
    ['result', resultText(result)],
    ...recordings.map((path): [string, string] => ['audio', path]),
    ...carrierLines(carrierRecordings),
  ];
  const head = lines.map(([name, value]) => `${name.padEnd(8)} ${plain(value)}`).join('\n');
  return turns.length === 0
    ? head
    : `${head}\n\n${textTable([HEADINGS, ...turns.map((turn) => toCells(turn, call))])}`;
}

function transferLines({ transfer, transferStatus }: KeptCall): [string, string][] {
  if (transfer === null) return [];
  return [['transfer', `to ${transfer.to}, ${transferStatus ?? 'end not known'}`]];
}

function carrierLines(recordings: readonly CarrierRecording[] | null): [string, string][] {
  if (recordings === null) return [];
  if (recordings.length === 0) return [['twilio', 'no recordings']];
  return recordings.map(({ durationSeconds, sid, startedAtWallMs, status, url }) => [
    'twilio',
    `${sid}, ${timeText(startedAtWallMs)}, ${durationSeconds} s, ${status}: ${url}`,
  ]);
}

function toCells(turn: CallTurn, call: KeptCall): string[] {
  const { answerBeganAtWallMs, heardMs, sentMs } = turn.playout;
  const seconds = (wallMs: number | null): string =>
    wallMs === null ? '-' : `${((wallMs - call.startedAtWallMs) / 1000).toFixed(1)} s`;
  return [
    String(turn.listenId),
    turn.nodeId,
    seconds(turn.askedAtWallMs),
    `${sentMs} ms`,
    `${heardMs} ms`,
    seconds(answerBeganAtWallMs),
    turn.how ?? '-',
    turn.value === null ? '-' : String(turn.value),
    turn.heard ?? '',
  ].map(plain);
}

function resultText(result: ResultState | null): string {
  if (result === null) return 'none to deliver';
  const tries = `${result.tries} ${result.tries === 1 ? 'try' : 'tries'}`;
  const failure = result.lastFailure === null ? '' : `, last: ${result.lastFailure}`;
  const settled = result.settledAtWallMs === null ? '' : ` at ${timeText(result.settledAtWallMs)}`;
  return `${result.state}${settled}, ${tries}${failure}`;
}
