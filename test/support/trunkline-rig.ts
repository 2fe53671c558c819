/**
 * A whole Trunkline in this process, on a free port, and a simulated carrier that calls it over real sockets with real
 * signatures. Each rig has a data folder of its own; the prompts, which cost seconds to make, are shared by all.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { recordingsOfCall } from '../../src/audio-recordings.ts';
import type { CallNote } from '../../src/channel/messages.ts';
import { loadFlowFiles } from '../../src/cli/flow-file.ts';
import { parseConfig } from '../../src/config.ts';
import { startTrunkline, type Trunkline } from '../../src/main.ts';
import type { LoopDelay } from '../../src/server/loop-delay.ts';
import type { VendorMessage } from '../../src/server/vendor-health.ts';
import type { CallReport } from '../../src/simulator/call-report.ts';
import type { CallerControls, CallerScript } from '../../src/simulator/caller.ts';
import type { CallOptions, SimulatedCall } from '../../src/simulator/simulated-call.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';

import type { CallRecord, CallTurn } from '../../src/store/call-store.ts';
import { openEngine } from '../../src/store/open-engine.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import type { PromptOrigin } from '../../src/voice-link.ts';
import { ON_TIME } from './loop-delay.ts';
import { silentLog } from './silent-log.ts';

export const AUTH_TOKEN = 'an-auth-token-of-tests-32-letters';
export const PUBLIC_URL = 'https://bot.example.org';
const SOURCES = fileURLToPath(new URL('../../src/speech/', import.meta.url));
const FLOWS = ['short', 'three', 'cued', 'spoken', 'patient', 'through'].map((name) =>
  fileURLToPath(new URL(`../fixtures/flows/${name}.yaml`, import.meta.url)),
);
/** Longer than a pause within a prompt or between two. */
export const TURN_SILENCE_MS = 350;
const FAULTY_WORKER = new URL('./faulty-call-worker.ts', import.meta.url);

/** Which flow answers is a matter of the number that is called. */
export const NUMBERS = {
  short: '+12025550100',
  three: '+12025550101',
  cued: '+12025550102',
  spoken: '+12025550103',
  patient: '+12025550104',
  through: '+12025550105',
} as const;

/** Numbers that choose the cue in `cued.yaml`. */
export const CUES = {
  slow: 1,
  repeat: 2,
  stop: 3,
  monologue: 4,
  tone: 5,
  throw: 6,
  reject: 7,
  stray: 8,
  exit: 9,
  spin: 10,
  grow: 11,
  map: 12,
  array: 13,
  buffers: 14,
  objects: 15,
} as const;

/** What a caller does when it is its turn: says something, presses keys, acts by itself, or (null) waits. */
export type Answer = Uint8Array | string | ((caller: CallerControls) => void) | null;

export interface RigCallOptions extends CallOptions {
  readonly number?: keyof typeof NUMBERS;
  /** By the node that asked. Several are for its tries in turn, the last one again and again; none listed is silence. */
  readonly answers?: Readonly<Record<string, Answer | readonly Answer[]>>;
}

export interface RigStartOptions {
  /** Default: the worker whose recognizer does on cue what none should. */
  readonly callWorkerUrl?: URL;
  readonly recordWorkerUrl?: URL;
  /** Default: the loop is on time, whatever else the machine does. */
  readonly loopDelay?: LoopDelay;
  /** Given `DATA_DIR` before anything starts. */
  readonly prepare?: (folder: string) => void;
  /** Prompts are made anew, and by whoever the environment names. */
  readonly ownPrompts?: boolean;
  readonly onVendor?: (message: VendorMessage) => void;
  readonly onPrompt?: (key: string, by: PromptOrigin) => void;
}

export interface RigNote {
  readonly atMs: number;
  readonly note: CallNote;
}

export interface Finished {
  readonly report: CallReport;
  /** Final. */
  readonly record: CallRecord;
  readonly notes: readonly RigNote[];
}

export interface RigCall {
  readonly call: SimulatedCall;
  readonly notes: readonly RigNote[];
  /** Resolves when the carrier's call has ended and its record is final. */
  readonly finished: Promise<Finished>;
}

export class TrunklineRig {
  readonly trunkline: Trunkline;
  readonly carrier: SimulatedCarrier;
  readonly #store: SqlStore;
  /** `DATA_DIR`. */
  readonly folder: string;
  readonly #notes = new Map<string, RigNote[]>();
  readonly #calls = new Map<string, SimulatedCall>();

  private constructor(trunkline: Trunkline, folder: string, store: SqlStore) {
    this.trunkline = trunkline;
    this.folder = folder;
    this.carrier = new SimulatedCarrier({
      authToken: AUTH_TOKEN,
      publicUrl: PUBLIC_URL,
      connectTo: { host: '127.0.0.1', port: trunkline.port, tls: false },
      insecure: true,
    });
    this.#store = store;
    trunkline.server.directory.observe({
      onNote: (callSid, note) => {
        const atMs = this.#calls.get(callSid)?.nowMs ?? 0;
        this.#notes.get(callSid)?.push({ atMs, note });
      },
    });
  }

  /** Resolves when the first caller can be served. `environment`: settings beside the usual ones of tests. */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    {
      callWorkerUrl = FAULTY_WORKER,
      loopDelay = ON_TIME,
      recordWorkerUrl,
      prepare = () => {},
      ownPrompts = false,
      onVendor = () => {},
      onPrompt = () => {},
    }: RigStartOptions = {},
  ): Promise<TrunklineRig> {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-rig-'));
    if (!ownPrompts) symlinkSync(sharedPromptFolder(), join(folder, 'prompts'));
    prepare(folder);
    const config = parseConfig({
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      PUBLIC_URL,
      PORT: '0',
      DATA_DIR: folder,
      FLOW: FLOWS.join(','),
      WORKERS: '2',
      MAX_CALLS: '1000',
      LOG_LEVEL: 'silent',
      // Prompts in one format are enough where nobody calls from a browser.
      BROWSER_CALLS: 'off',
      ...environment,
    });
    const trunkline = await startTrunkline({
      config,
      flows: loadFlowFiles(config.FLOW),
      callWorkerUrl,
      loopDelay,
      ...(recordWorkerUrl === undefined ? {} : { recordWorkerUrl }),
      onVendor,
      onPrompt,
    });
    const { DATABASE_URL: url } = config;
    const database = url === undefined ? null : { url, poolMax: 2 };
    const engine = await openEngine({ path: join(folder, 'trunkline.db'), database }, silentLog);
    const rig = new TrunklineRig(trunkline, folder, new SqlStore(engine));
    await trunkline.warm;
    await rig.workersReady();
    return rig;
  }

  /** The one recording of this call, once it has its name. Fails after 5 s. */
  async recordingOf(callSid: string): Promise<string> {
    return vi.waitFor(
      () => {
        const [path] = recordingsOfCall({ DATA_DIR: this.folder }, callSid);
        if (path === undefined) throw new Error(`no recording of ${callSid}`);
        return path;
      },
      { timeout: 5000, interval: 20 },
    );
  }

  async workersReady(): Promise<void> {
    const { workers } = this.trunkline.server;
    await vi.waitFor(() => expect(workers.readyCount).toBe(workers.workerCount), { timeout: 20_000 });
  }

  place(options: RigCallOptions = {}): RigCall {
    const { answers = {}, caller = {}, number = 'short', ...rest } = options;
    const notes: RigNote[] = [];
    const call = this.carrier.placeCall({
      to: NUMBERS[number],
      ...rest,
      caller: takingTurns(answers, notes, caller),
    });
    this.#notes.set(call.callSid, notes);
    this.#calls.set(call.callSid, call);
    const finished = call.ended.then(async (report) => {
      const record = await this.finalRecord(call.callSid);
      return { report, record, notes };
    });
    // A test that never looks at it must not fail another.
    finished.catch(() => {});
    return { call, notes, finished };
  }

  record(callSid: string): Promise<CallRecord | null> {
    return this.#store.load(callSid);
  }

  turnsOf(callSid: string): Promise<readonly CallTurn[]> {
    return this.#store.turnsOf(callSid);
  }

  /** Asks as any node may. */
  async hangUp(callSid: string): Promise<void> {
    await this.#store.write([{ kind: 'hang-up', callSid }]);
  }

  records(): Promise<readonly CallRecord[]> {
    return this.#store.list(10_000);
  }

  /** The call's record once it has an end. Fails after 5 s. */
  async finalRecord(callSid: string): Promise<CallRecord> {
    return vi.waitFor(
      async () => {
        const record = await this.#store.load(callSid);
        if (record === null || record.endReason === null) throw new Error(`no final record of ${callSid}`);
        return record;
      },
      { timeout: 5000, interval: 20 },
    );
  }

  /** A fresh caller gets TwiML and hears audio: half of what every fault test is for. */
  async freshCallerIsServed(): Promise<void> {
    const { call } = this.place({
      caller: { onAudioStart: (caller) => caller.hangUp() },
      timeLimitMs: 10_000,
    });
    const report = await call.ended;
    expect(report).toMatchObject({ endedBy: 'caller', errors: [], warnings: [] });
    expect(report.verbs.map((verb) => verb.name)).toEqual(['Connect']);
    expect(report.firstAudioAtMs).toBeLessThan(2000);
  }

  /** Every count that should be zero when no call is on, those of the carrier included. */
  census(): Readonly<Record<string, number>> {
    const { calls, sockets, tickers } = this.carrier.census();
    return {
      ...this.trunkline.census(),
      carrierCalls: calls,
      carrierSockets: sockets,
      carrierTickers: tickers,
    };
  }

  /** Fails if within 5 s anything is left of the calls that were. */
  async nothingIsLeft(): Promise<void> {
    await vi.waitFor(() => expect(nonZero(this.census())).toEqual({}), { timeout: 5000, interval: 20 });
  }

  async close(): Promise<void> {
    await this.carrier.close();
    await this.trunkline.close();
    await this.#store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A caller who answers what the bot asked last. */
function takingTurns(
  answers: NonNullable<RigCallOptions['answers']>,
  notes: readonly RigNote[],
  script: CallerScript,
): CallerScript {
  const tries = new Map<string, number>();
  return {
    silenceMs: TURN_SILENCE_MS,
    ...script,
    onSilence: (caller) => {
      script.onSilence?.(caller);
      const asked = notes.findLast(({ note }) => note.kind === 'bot said')?.note;
      if (asked?.kind !== 'bot said') return;
      const tried = tries.get(asked.nodeId) ?? 0;
      tries.set(asked.nodeId, tried + 1);
      const listed = answers[asked.nodeId] ?? null;
      give(caller, isInTurn(listed) ? (listed[Math.min(tried, listed.length - 1)] ?? null) : listed);
    },
  };
}

function isInTurn(answer: Answer | readonly Answer[]): answer is readonly Answer[] {
  return Array.isArray(answer);
}

function give(caller: CallerControls, answer: Answer): void {
  if (answer === null) return;
  if (typeof answer === 'string') caller.press(answer);
  else if (typeof answer === 'function') answer(caller);
  else caller.say(answer);
}

function nonZero(census: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(census).filter(([, count]) => count !== 0));
}

/** One for each version of what makes prompts: a stale one would sound right and prove nothing. */
export function sharedPromptFolder(): string {
  const hash = createHash('sha256');
  for (const file of [
    'prompt-maker.ts',
    'to-ready-prompt.ts',
    'trim-silence.ts',
    'spoken.ts',
    'prompt-file.ts',
  ])
    hash.update(readFileSync(SOURCES + file));
  const folder = join(tmpdir(), `trunkline-test-prompts-${hash.digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
