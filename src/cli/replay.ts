/** `trunkline replay`: runs recorded calls again, without a network, and says whether all is as it was. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { buildId } from '../build-id.ts';
import { RecordError } from '../errors.ts';
import { maskDigits } from '../masked.ts';
import type { Difference } from '../replay/difference.ts';
import { type RecordedCall, readRecord } from '../replay/read-record.ts';
import { replayCall } from '../replay/replay-call.ts';
import { type ReplayReport, toReplayReport } from '../replay/replay-report.ts';
import { plain, timeText } from './call-text.ts';
import { tolerateLostOutput } from './lenient-output.ts';
import type { Output } from './prompt-progress.ts';

const HELP = `
A record is made of each stream of a call where RECORD_CALLS names a folder. This build runs
it again: states, answers, and what was played (for each mark and clear the audio before it)
are held against the record. Four digits and more in a row are masked.

Exit code 0: all the same; 1: one differs; 2: one cannot be used, or breaks off. Examples:
  npx trunkline replay records/CA0123456789abcdef0123456789abcdef-0.jsonl
  npx trunkline replay records/                 # all in it, also those packed by gzip
  npx trunkline replay --json --unmask call.jsonl`;

const AUDIO_BYTES_PER_SECOND = 8000;
const SHOWN_CHARACTERS_MAX = 400;
const RECORD_FILE = /\.jsonl(\.gz|\.part)?$/;
const HASH = /^[0-9a-f]{64}$/;
/** Fields of which a number may be one that somebody gave as an answer. */
const ANSWERS: ReadonlySet<string> = new Set(['answers', 'value', 'variables']);

export interface ReplayCommandOptions {
  readonly json: boolean;
  readonly unmask: boolean;
}

interface Replayed {
  readonly record: RecordedCall;
  readonly report: ReplayReport;
  readonly difference: Difference | null;
}

export function registerReplay(program: Command): void {
  program
    .command('replay <file...>')
    .description('Run recorded calls again, and show their turns and the first difference.')
    .option('--json', 'a line of JSON for each call, with states and what was played', false)
    .option('--unmask', 'with whole numbers', false)
    .addHelpText('after', HELP)
    .action(async (paths: string[], options: ReplayCommandOptions) => {
      tolerateLostOutput();
      process.exitCode = await replayFiles(paths, options, process.stdout, process.stderr);
    });
}

/** Returns the exit code. */
export async function replayFiles(
  paths: readonly string[],
  options: ReplayCommandOptions,
  output: Output,
  errors: Output,
): Promise<0 | 1 | 2> {
  const results = new Set<ReplayReport['result'] | 'unusable'>();
  const build = buildId();
  for (const path of paths) {
    const files = filesAt(path);
    // A script that names the wrong folder is not to pass.
    if (files.length === 0) {
      errors.write(`${path}: Expected a folder with recorded calls (.jsonl, .jsonl.gz), received none\n`);
      results.add('unusable');
    }
    for (const file of files) {
      try {
        const replayed = await replay(file);
        const shown = options.unmask ? replayed : masked(replayed);
        output.write(options.json ? `${JSON.stringify(toJson(shown))}\n` : `${describe(shown, build)}\n`);
        results.add(replayed.report.result);
      } catch (thrown) {
        if (!(thrown instanceof RecordError)) throw thrown;
        errors.write(`${thrown.message} (${thrown.code})\n`);
        results.add('unusable');
      }
    }
  }
  if (results.has('different')) return 1;
  return results.has('unusable') || results.has('broken off') ? 2 : 0;
}

async function replay(file: string): Promise<Replayed> {
  const record = readRecord(file);
  const result = await replayCall(record);
  return { record, report: toReplayReport(record, result), difference: result.difference };
}

/** A folder stands for the records in it; what cannot be looked into, for itself. */
function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => RECORD_FILE.test(name));
    return names.sort().map((name) => join(path, name));
  } catch {
    return [path];
  }
}

function masked({ difference, record, report }: Replayed): Replayed {
  return {
    record,
    report: maskValue(report) as ReplayReport,
    difference: difference === null ? null : maskDifference(difference),
  };
}

function maskDifference(difference: Difference): Difference {
  const isAnswer = difference.path.split('.').some((name) => ANSWERS.has(name));
  const [expected, got] = [difference.expected, difference.got].map((value) => maskValue(value, isAnswer));
  return { ...difference, expected, got };
}

/** Digits in texts, and numbers that somebody gave as an answer. */
function maskValue(value: unknown, isAnswer = false): unknown {
  if (typeof value === 'string') return HASH.test(value) ? value : maskDigits(value);
  if (typeof value === 'number') return isAnswer ? maskDigits(value) : value;
  if (Array.isArray(value)) return value.map((inner) => maskValue(inner, isAnswer));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      return [name, maskValue(inner, isAnswer || ANSWERS.has(name))];
    }),
  );
}

function toJson({ difference, record: { file, head }, report }: Replayed): unknown {
  const { attempt, build, callSid, recordedAtWallMs } = head;
  const { result, ...rest } = report;
  return {
    file,
    callSid,
    attempt,
    build,
    recordedAt: timeText(recordedAtWallMs),
    result,
    difference,
    ...rest,
  };
}

function describe({ difference, record, report }: Replayed, build: string): string {
  const { head } = record;
  const title = `${record.file}: ${head.callSid}, attempt ${head.attempt}, ${timeText(head.recordedAtWallMs)}`;
  const turns = report.turns.map(({ atMs, text, who }) => {
    const name = who === 'note' ? '' : who;
    return `${seconds(atMs).padStart(8)} s  ${name.padEnd(6)}  ${plain(text)}`;
  });
  const other = head.build === build ? [] : [`  recorded by another build, ${head.build}; this is ${build}`];
  return [title, ...turns, ...other, closing(report, difference), ''].join('\n');
}

function closing({ counts, result }: ReplayReport, difference: Difference | null): string {
  if (difference !== null) {
    const { atMs, expected, got, line, path, plane } = difference;
    const where = line === null ? 'after the last line' : `line ${line}`;
    const field = path === '' ? '' : `, ${path}`;
    return [
      `  different: ${where}, ${seconds(atMs)} s, ${plane} plane${field}`,
      `    expected ${shown(expected)}`,
      `    got      ${shown(got)}`,
    ].join('\n');
  }
  const { audioBytes, clears, marks, messages, states } = counts;
  const audio = (audioBytes / AUDIO_BYTES_PER_SECOND).toFixed(1);
  const what = `${messages} messages in; ${states} states; ${audio} s of audio, ${marks} marks, ${clears} clears out`;
  return result === 'same'
    ? `  same: ${what}`
    : `  broken off: the record has no end; the same up to there: ${what}`;
}

function seconds(atMs: number): string {
  return (atMs / 1000).toFixed(2);
}

function shown(value: unknown): string {
  const text = plain(JSON.stringify(value) ?? 'nothing');
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}...`;
}
