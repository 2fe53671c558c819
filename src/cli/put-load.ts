/** Carries out `trunkline load`: puts the parts together, shows how it goes, and writes down what was found. */
import { accessSync, closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, readConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import { createGivenSite } from '../load/given-site.ts';
import { findKnee, type Knee } from '../load/knee.ts';
import { makeClips } from '../load/load-clips.ts';
import { exitCodeOf, type LoadReport, type LoadTask } from '../load/load-report.ts';
import type { LoadSite } from '../load/load-site.ts';
import { toLoadTarget } from '../load/load-target.ts';
import { measureLoad } from '../load/measure-load.ts';
import { startOwnSite } from '../load/own-site.ts';
import { reportPage } from '../load/report-page.ts';
import { reportTable } from '../load/report-table.ts';
import { StandInRecognizer } from '../load/stand-in-recognizer.ts';
import { CallerVoice } from './caller-voice.ts';
import { loadFlowFile } from './flow-file.ts';
import { kneeTable } from './knee-table.ts';
import type { LoadOptions } from './load.ts';
import { LoadProgress } from './load-progress.ts';

const LISTENING_FLOW = fileURLToPath(new URL('../../bench/flows/listening.yaml', import.meta.url));
const SCREENING_FLOW = fileURLToPath(new URL('../../bench/flows/screening.yaml', import.meta.url));
const STAND_IN_MS = 300;
/** Slots beside the calls that are held: a call that hung up has one until the server has seen it. */
const SPARE_CALLS_MIN = 16;
const SPARE_CALLS_RATIO = 1.05;
const CALL_MAX_SECONDS = 300;
/** What the setting allows. */
const CALL_SECONDS_MOST = 14_400;

/** Resolves with the exit code. */
export async function putLoad(options: LoadOptions): Promise<number> {
  for (const path of [options.json, options.html]) if (path !== undefined) mustBeWritable(path);
  if (options.dataDir !== undefined) mustBeFolder(options.dataDir);
  const recognizer = options.recognizer ?? (options.url === undefined ? 'stand-in' : 'builtin');
  const flowPath = options.flow === 'bench/flows/screening.yaml' ? SCREENING_FLOW : resolve(options.flow);
  const flow = loadFlowFile(flowPath);
  const isListening = options.mix.shares.has('listening');
  const listeningFlow = isListening ? loadFlowFile(LISTENING_FLOW) : null;
  const vendorMs = options.vendorMs ?? (recognizer === 'stand-in' ? STAND_IN_MS : 0);
  const { clips, ids } = await makeClips(speaker(), recognizer);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  let standIn: StandInRecognizer | null = null;
  try {
    if (options.url !== undefined && recognizer === 'stand-in')
      standIn = await startStandIn(vendorMs, requiredPort(options.standInPort));
    const given = options.url === undefined ? null : await givenSite(options.url, options, standIn);

    const measure = async (calls: number): Promise<LoadReport> => {
      const progress = new LoadProgress(process.stderr, calls);
      const task: LoadTask = {
        calls,
        rateHz: options.rate,
        holdMs: options.duration * 1000,
        mix: options.mix.toString(),
        flow: flow.name,
        recognizer,
        vendorMs,
        endpointingMs: endpointingMs(flow),
        senders: options.senders,
        seed: options.seed,
        url: options.url ?? null,
      };
      try {
        return await measureLoad({
          settings: {
            ...task,
            finishMs: options.finish * 1000,
            allowance: { endpointingMs: task.endpointingMs, vendorMs },
          },
          task,
          slos: options.slos,
          startSite: () =>
            given === null
              ? startOwnSite({
                  flows: [...new Set([flowPath, ...(isListening ? [LISTENING_FLOW] : [])])].join(','),
                  maxCalls:
                    options.maxCalls ??
                    Math.max(calls + SPARE_CALLS_MIN, Math.ceil(calls * SPARE_CALLS_RATIO)),
                  recognizer,
                  vendorMs,
                  callMaxSeconds: isListening
                    ? Math.min(
                        CALL_SECONDS_MOST,
                        CALL_MAX_SECONDS + options.duration + Math.ceil(calls / options.rate),
                      )
                    : CALL_MAX_SECONDS,
                })
              : Promise.resolve(given),
          plans: { flow, listeningFlow, mix: options.mix, clips: ids },
          clips,
          interrupted: interrupted.signal,
          onPoint: (point, phase) => progress.update(point, phase),
        });
      } finally {
        progress.stop();
      }
    };

    if (!options.findKnee) {
      const report = await measure(options.calls);
      console.log(reportTable(report));
      keep(options, report, report);
      return exitCodeOf(report.verdict);
    }
    const knee = await findKnee({
      from: options.calls,
      max: Math.max(options.kneeMax, options.calls),
      run: async (calls) => {
        const report = await measure(calls);
        console.log(`${calls} calls: ${report.verdict}`);
        return report;
      },
    });
    console.log(kneeTable(knee));
    const best = knee.steps.find(({ calls }) => calls === knee.calls) ?? knee.steps.at(-1);
    keep(options, knee, best?.report);
    return exitCodeOfKnee(knee);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
    await standIn?.close();
  }
}

/** Whoever looks for the knee wants the number: a generator that gave up before the server did has not found it. */
function exitCodeOfKnee({ calls, limitedBy }: Knee): number {
  if (limitedBy === 'interruption') return exitCodeOf('interrupted');
  if (limitedBy === 'generator') return exitCodeOf('invalid');
  return exitCodeOf(calls === null ? 'broken' : 'kept');
}

function keep({ html, json }: LoadOptions, found: LoadReport | Knee, report: LoadReport | undefined): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(found, null, 2)}\n`);
  if (html !== undefined && report !== undefined) writeFileSync(html, reportPage(report));
}

async function givenSite(
  url: string,
  { authTokenFile, dataDir, publicUrl, serverPid }: LoadOptions,
  standIn: StandInRecognizer | null,
): Promise<LoadSite> {
  const config: Config = readConfig(undefined, undefined, {
    PUBLIC_URL: publicUrl,
    TWILIO_AUTH_TOKEN: authTokenFile === undefined ? undefined : readToken(authTokenFile),
  });
  const target = await toLoadTarget(
    url,
    config.publicUrl,
    config.TWILIO_AUTH_TOKEN ?? null,
    config.TWILIO_ACCOUNT_SID ?? null,
  );
  return createGivenSite({ target, serverPid: serverPid ?? null, diskFolder: dataDir ?? null, standIn });
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(
      `--auth-token-file: expected a readable file, received ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

function requiredPort(port: number | undefined): number {
  if (port !== undefined) return port;
  throw new ConfigError(
    '--stand-in-port: expected the port of the OPENAI_BASE_URL of the server, since --recognizer stand-in and --url are given, received nothing',
  );
}

async function startStandIn(vendorMs: number, port: number): Promise<StandInRecognizer> {
  try {
    return await StandInRecognizer.start(vendorMs, port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `--stand-in-port: expected a port that can be listened on, received ${port} (${code})`,
    );
  }
}

function mustBeFolder(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`--data-dir: expected a folder that can be written to, received ${path} (${code})`);
  }
}

/** Before the run, not after it: minutes of it are not to be lost to a misspelt folder. */
function mustBeWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new ConfigError(
      `Expected a file that can be written, received ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** What the flow's questions ask for; where they differ, the least: no turn's own time is then taken for the flow's. */
function endpointingMs(flow: Flow): number {
  const asked = Object.values(flow.nodes).flatMap((node) =>
    node.kind === 'ask' ? [node.endOfSpeechMs] : [],
  );
  return Math.min(...asked);
}

/** The built-in voices, each loaded once. */
function speaker(): (voice: string, text: string) => Promise<Uint8Array> {
  const voices = new Map<string, CallerVoice>();
  return (name, text) => {
    const voice = voices.get(name) ?? new CallerVoice(name);
    voices.set(name, voice);
    return voice.speak(text);
  };
}
