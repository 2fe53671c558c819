/**
 * A server of the load's own: the command line's `start` in a process and a folder of its own, and, unless it is to
 * recognize by itself, the stand-in recognizer. All of it is gone after `stop`.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../store/sqlite-store.ts';
import type { KeptOutcome, LoadSite } from './load-site.ts';
import { toLoadTarget } from './load-target.ts';
import { ServerProcess } from './server-process.ts';
import { StandInRecognizer } from './stand-in-recognizer.ts';

export interface OwnSiteOptions {
  /** Paths, as the setting FLOW has them. */
  readonly flows: string;
  readonly maxCalls: number;
  readonly recognizer: 'stand-in' | 'builtin';
  readonly vendorMs: number;
  readonly callMaxSeconds: number;
}

const PUBLIC_URL = 'https://load.trunkline.example';
const PAGE = 1000;

export async function startOwnSite(options: OwnSiteOptions): Promise<LoadSite> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-load-'));
  const authToken = randomBytes(16).toString('hex');
  const standIn = options.recognizer === 'stand-in' ? await StandInRecognizer.start(options.vendorMs) : null;
  const release = async (): Promise<void> => {
    await standIn?.close();
    await rm(folder, { recursive: true, force: true });
  };
  const server = await ServerProcess.start({
    TWILIO_AUTH_TOKEN: authToken,
    PUBLIC_URL,
    DATA_DIR: folder,
    FLOW: options.flows,
    MAX_CALLS: String(options.maxCalls),
    CALL_MAX_SECONDS: String(options.callMaxSeconds),
    DRAIN_SECONDS: '0',
    LOG_LEVEL: 'error',
    SYNTHESIZERS: 'builtin',
    ...(standIn === null
      ? { RECOGNIZERS: 'builtin' }
      : {
          RECOGNIZERS: 'openai',
          OPENAI_API_KEY: standIn.apiKey,
          OPENAI_BASE_URL: standIn.baseUrl,
          // Transcription then begins when endpointing ends, so that the vendor's time can be taken off exactly.
          SPECULATION: 'false',
        }),
  }).catch(async (error) => {
    await release();
    throw error;
  });
  let stopped: Promise<ReadonlyMap<string, KeptOutcome>> | null = null;
  const stop = async (): Promise<ReadonlyMap<string, KeptOutcome>> => {
    await server.stop();
    const kept = await readKept(join(folder, 'trunkline.db'));
    await release();
    return kept;
  };
  return {
    target: await toLoadTarget(`http://127.0.0.1:${server.port}`, PUBLIC_URL, authToken),
    exited: server.exited,
    diskFolder: folder,
    usage: async () => {
      const { residentMb, ...usage } = await server.usage();
      return { ...usage, residentBytes: residentMb * 2 ** 20 };
    },
    recognized: async () => (await standIn?.counts()) ?? null,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function readKept(path: string): Promise<ReadonlyMap<string, KeptOutcome>> {
  const store = SqliteStore.open(path);
  const kept = new Map<string, KeptOutcome>();
  let page = await store.list(PAGE);
  while (page.length > 0) {
    for (const { callSid, answers, endReason, outcome } of page)
      kept.set(callSid, { answers, endReason, outcome });
    const last = page.at(-1)!;
    page = await store.list(PAGE, {
      after: { startedAtWallMs: last.startedAtWallMs, callSid: last.callSid },
    });
  }
  store.close();
  return kept;
}
