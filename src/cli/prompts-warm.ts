/**
 * `trunkline prompts warm`: makes every prompt that the flows say to all callers, without a server, so that the next start
 * speaks from disk. Exit code 1 if one could not be made, or only by a stand-in.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatName, parseFormatName } from '../audio/audio-format.ts';
import type { PromptWanted } from '../channel/voice-messages.ts';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import type { FlowSet } from '../flow/flow-set.ts';
import { createLog, type Log } from '../log.ts';
import { PromptRegistry } from '../media/prompt-registry.ts';
import { checkVendors } from '../speech/check-vendors.ts';
import { type ChainMember, createSynthesizers } from '../speech/create-synthesizers.ts';
import { spokenBy, spokenKey } from '../speech/spoken.ts';
import { VoiceLink } from '../voice-link.ts';
import { wantedPrompts } from '../wanted-prompts.ts';
import { loadFlowFiles } from './flow-file.ts';
import { type Output, PromptProgress } from './prompt-progress.ts';
import { BYTES_PER_MB, countOf, promptFilesOf } from './prompts-folder.ts';

const EXAMPLES = `
Exit code 0: each prompt is on disk, spoken by the first of SYNTHESIZERS. 1: some are not, or only a stand-in spoke them.
Examples:
  npx trunkline prompts warm
  FLOW=flows/eligibility.yaml,flows/appointment.yaml npx trunkline prompts warm
  SYNTHESIZERS=elevenlabs npx trunkline prompts warm      no stand-ins: what ElevenLabs cannot speak fails`;

/** 3 s for the last files to be written. */
const DISK_WAIT_MS = 50;
const DISK_WAITS_MAX = 60;

export interface WarmOptions {
  readonly config: Config;
  readonly flows: FlowSet;
  readonly output: Output;
  readonly errors: Output;
  readonly log: Log;
  readonly clock: Clock;
  /** Ends it, with exit code 130. */
  readonly signal: AbortSignal;
}

type Outcome =
  | { readonly kind: 'kept' }
  | { readonly kind: 'made' | 'stand-in'; readonly provider: string }
  | { readonly kind: 'failed'; readonly message: string };

export function registerPromptsWarm(prompts: Command): void {
  prompts
    .command('warm')
    .description('Make every prompt of the flows now, and keep it on disk; no server is started.')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const config = readConfig();
      for (const warning of config.warnings) console.error(warning);
      const interrupted = new AbortController();
      const interrupt = (): void => interrupted.abort();
      process.once('SIGINT', interrupt);
      try {
        process.exitCode = await warmPrompts({
          config,
          flows: loadFlowFiles(config.FLOW),
          output: process.stdout,
          errors: process.stderr,
          log: createLog({ level: config.LOG_LEVEL, logPii: config.LOG_PII }),
          clock: systemClock,
          signal: interrupted.signal,
        });
      } finally {
        process.off('SIGINT', interrupt);
      }
    });
}

/** The exit code. */
export async function warmPrompts(options: WarmOptions): Promise<0 | 1 | 130> {
  const { config, flows, output, errors, clock, signal } = options;
  mkdirSync(resolve(config.DATA_DIR), { recursive: true, mode: 0o700 });
  const wanted = wantedPrompts(flows);
  const [first] = await createSynthesizers(config.speech, clock);
  const keptKeys = await keysOnDisk(config, wanted, first);
  const progress = new PromptProgress(output, wanted.size, clock);
  const outcomes = await makeAll(options, wanted, keptKeys, progress, async (made) => {
    // A prompt is given out before it is written; a full disk shows only here.
    for (let waits = 0; waits < DISK_WAITS_MAX; waits++) {
      const kept = await keysOnDisk(config, wanted, first);
      if (made.every((key) => kept.has(key))) return [];
      await new Promise<void>((resolve) => void clock.setTimer(DISK_WAIT_MS, resolve));
    }
    const kept = await keysOnDisk(config, wanted, first);
    return made.filter((key) => !kept.has(key));
  });
  progress.stop();
  if (signal.aborted) {
    errors.write('Interrupted; what was made until now is kept.\n');
    return 130;
  }
  output.write(`${summaryOf(outcomes)}\n`);
  const isWhole = report(wanted, outcomes, errors);
  if (isWhole) return 0;
  for (const { level, text } of await checkVendors(config.speech, clock)) {
    if (level !== 'ok') errors.write(`${text}\n`);
  }
  return 1;
}

/** Of the prompts that the first vendor has spoken before. */
async function keysOnDisk(
  config: Config,
  wanted: ReadonlyMap<string, PromptWanted>,
  first: ChainMember,
): Promise<Set<string>> {
  const kept = new Set<string>();
  for (const { about } of await promptFilesOf(config).list())
    if (about !== null) kept.add(`${spokenKey(about, null)} ${about.format}`);
  const keys = [...wanted.values()].flatMap(({ key, source, format }) => {
    if (source.kind !== 'text') return [];
    const spoken = spokenKey(spokenBy(first.synthesizer, source), null);
    return kept.has(`${spoken} ${formatName(parseFormatName(format))}`) ? [key] : [];
  });
  return new Set(keys);
}

/** How each ended; those that an interruption left are missing. */
async function makeAll(
  options: WarmOptions,
  wanted: ReadonlyMap<string, PromptWanted>,
  keptKeys: ReadonlySet<string>,
  progress: PromptProgress,
  notOnDisk: (made: readonly string[]) => Promise<readonly string[]>,
): Promise<Map<string, Outcome>> {
  const { config, log, clock, signal } = options;
  const outcomes = new Map<string, Outcome>();
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const settle = (key: string, outcome: Outcome): void => {
    // Only the first counts: a stand-in's successor is for the next start.
    if (!outcomes.has(key)) outcomes.set(key, outcome);
    progress.update(outcomes.size);
    if (outcomes.size === wanted.size) finish();
  };
  const link = new VoiceLink({
    workerUrl: new URL('../speech/voice-worker.ts', import.meta.url),
    start: {
      dataDir: resolve(config.DATA_DIR),
      logLevel: config.LOG_LEVEL,
      logPii: config.LOG_PII,
      speech: config.speech,
      promptBytesMax: config.PROMPT_CACHE_MB * BYTES_PER_MB,
    },
    registry: new PromptRegistry(),
    clock,
    log,
    onReady: (key, { provider, isStandIn }) =>
      settle(
        key,
        keptKeys.has(key) && !isStandIn
          ? { kind: 'kept' }
          : { kind: isStandIn ? 'stand-in' : 'made', provider },
      ),
    onFailed: (key, message) => settle(key, { kind: 'failed', message }),
  });
  signal.addEventListener('abort', finish);
  try {
    for (const one of wanted.values()) link.want(one);
    if (signal.aborted || wanted.size === 0) finish();
    await finished;
    const made = [...outcomes].flatMap(([key, outcome]) =>
      outcome.kind === 'made' && outcome.provider !== 'recording' ? [key] : [],
    );
    for (const key of signal.aborted ? [] : await notOnDisk(made))
      outcomes.set(key, { kind: 'failed', message: 'it could not be kept on disk' });
    return outcomes;
  } finally {
    signal.removeEventListener('abort', finish);
    await link.close();
  }
}

function summaryOf(outcomes: ReadonlyMap<string, Outcome>): string {
  const all = [...outcomes.values()];
  const made = new Map<string, number>();
  for (const outcome of all)
    if (outcome.kind === 'made' || outcome.kind === 'stand-in')
      made.set(outcome.provider, (made.get(outcome.provider) ?? 0) + 1);
  const parts = [`${all.filter(({ kind }) => kind === 'kept').length} were there`];
  for (const [provider, amount] of made)
    parts.push(provider === 'recording' ? countOf(amount, 'recording') : `${amount} made by ${provider}`);
  const failed = all.filter(({ kind }) => kind === 'failed').length;
  if (failed > 0) parts.push(`${failed} failed`);
  return `${countOf(all.length, 'prompt')}: ${parts.join(', ')}`;
}

/** A line for each prompt that is not as it should be; whether there is none. */
function report(
  wanted: ReadonlyMap<string, PromptWanted>,
  outcomes: ReadonlyMap<string, Outcome>,
  errors: Output,
): boolean {
  let isWhole = true;
  for (const [key, outcome] of outcomes) {
    if (outcome.kind === 'kept' || outcome.kind === 'made') continue;
    isWhole = false;
    const source = wanted.get(key)?.source;
    const what = source?.kind === 'text' ? JSON.stringify(source.text) : source?.path;
    errors.write(
      outcome.kind === 'failed'
        ? `Not made: ${what}: ${outcome.message}\n`
        : `Only a stand-in, by ${outcome.provider}: ${what}\n`,
    );
  }
  return isWhole;
}
