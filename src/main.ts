/**
 * The composition root: makes every part from the configuration and joins them. Starts the store and voice threads, the
 * call workers and the server; the command line (`cli/`) decides what is printed and when it ends. I/O thread.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addon } from './audio/addon.ts';
import { formatName, TELEPHONE_FORMAT } from './audio/audio-format.ts';
import { measureFrameUs } from './audio/frame-cost.ts';
import { openAudioRecordings } from './audio-recordings.ts';
import { boardSettings } from './board-settings.ts';
import { browserPrompts, browserSettings } from './browser-calls.ts';
import { openCallJournals } from './call-journals.ts';
import { callLifeMs } from './call-life.ts';
import type { DatabaseStart, DialingStart, ResultsStart } from './channel/store-messages.ts';
import type { VendorChecked, VendorCounts, VendorHealth } from './channel/vendor-messages.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { ConfigError } from './errors.ts';
import { type FlowSet, flowFor, flowsOf } from './flow/flow-set.ts';
import { systemPrompts } from './flow/system-prompts.ts';
import { createLog, type Log } from './log.ts';
import { machineCapacity } from './machine-capacity.ts';
import { GapCounts } from './media/gap-counts.ts';
import { MediaCensus } from './media/media-census.ts';
import type { MediaPlane } from './media/media-plane.ts';
import type { MediaStreamLimits } from './media/media-stream-hooks.ts';
import { PromptRegistry } from './media/prompt-registry.ts';
import { TimerWheel } from './media/timer-wheel.ts';
import { beginNodeReport } from './node-report.ts';
import { measure, openTelemetry } from './open-telemetry.ts';
import { beginRoomReport } from './room-report.ts';
import type { StoreHealth } from './server/health.ts';
import type { LoopDelay } from './server/loop-delay.ts';
import { LoopPace } from './server/loop-pace.ts';
import { Pages } from './server/pages.ts';
import { createServer, type TrunklineServer } from './server/trunkline-server.ts';
import { twilioStreams } from './server/twilio-streams.ts';
import { VendorHealthBoard } from './server/vendor-health.ts';
import { promptKey } from './speech/prompt.ts';
import { StoreClient } from './store/store-client.ts';
import { StoreLink } from './store-link.ts';
import { serverSettings } from './to-server-settings.ts';
import { type PromptOrigin, VoiceLink } from './voice-link.ts';
import { wantedPrompts } from './wanted-prompts.ts';
import { WarmUp, type WarmUpProgress } from './warm-up.ts';

const BYTES_PER_MB = 1024 * 1024;
/** What threads and queues add to a turn's deadline before a prompt's failure is known. */
const AUDIO_WAIT_SLACK_MS = 2000;

/** What a test may put in another's place. */
export interface TrunklineOptions {
  readonly config: Config;
  /** Loaded and checked. */
  readonly flows: FlowSet;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Entry of the call workers. */
  readonly callWorkerUrl?: URL;
  /** Entry of the store thread. */
  readonly storeWorkerUrl?: URL;
  /** Entry of the recordings' thread. */
  readonly recordWorkerUrl?: URL;
  /** In place of the loop's own delay, which lowers how many calls are taken. */
  readonly loopDelay?: LoopDelay;
  /** The process should end: told once, with the cause. */
  readonly onFatal?: (error: Error) => void;
  readonly onProgress?: (progress: WarmUpProgress) => void;
  /** What threads tell of vendors: the checks at the start, health, counts. */
  readonly onVendor?: (message: VendorChecked | VendorCounts | VendorHealth) => void;
  /** A prompt is there to be played: told with who spoke it, and again when a stand-in's successor comes. */
  readonly onPrompt?: (key: string, by: PromptOrigin) => void;
  /** Asked just before the port is listened on: whoever stands in there leaves it. Resolves with a port to take instead of `PORT`, or null. */
  readonly claimPort?: () => Promise<number | null>;
  /** The port is listened on no more, and calls are about to be ended. */
  readonly onPortLeft?: () => void;
}

export interface Trunkline {
  readonly server: TrunklineServer;
  readonly port: number;
  readonly isa: string;
  /** The browser phone and the board are there to be opened. */
  readonly hasPages: boolean;
  readonly storeEngine: string;
  /** Resolves when the first caller can be served: workers up, prompts made. Rejects with ConfigError. */
  readonly warm: Promise<void>;
  /** Everything that should be zero after the last call. */
  census(): Readonly<Record<string, number>>;
  /** Ends live calls, writes what waits, stops every thread. Idempotent. */
  close(): Promise<void>;
}

/** Resolves when the server listens, well before it is warm. Rejects with ConfigError, StoreError or AddonError; then nothing is left running. */
export async function startTrunkline(options: TrunklineOptions): Promise<Trunkline> {
  const { config, flows } = options;
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLog({ level: config.LOG_LEVEL, logPii: config.LOG_PII });
  const dataDir = openDataDir(config.DATA_DIR);
  const threadLog = { logLevel: config.LOG_LEVEL, logPii: config.LOG_PII };
  const flowsRecord = flowsOf(flows).some(({ nodes }) =>
    Object.values(nodes).some(({ kind }) => kind === 'record'),
  );
  const recordings = openAudioRecordings(config, dataDir, flowsRecord, {
    workerUrl: options.recordWorkerUrl ?? new URL('./recordings/record-worker.ts', import.meta.url),
    clock,
    log,
  });
  const vendors = new VendorHealthBoard(log);
  const registry = new PromptRegistry();
  const census = new MediaCensus();
  const gaps = new GapCounts();
  const nodeId = newNodeId();
  const isPromptReady = (key: string) => registry.has(key);
  let server: TrunklineServer | null = null;
  const telemetry = await openTelemetry(config, {
    clock,
    log,
    nodeId,
    isPromptReady,
    onTurn: (callId, times) => server?.board?.turnTook(callId, times),
  });
  const wheel = new TimerWheel(
    clock,
    (thrown) => log.error({ event: 'timer.failed', err: thrown }, 'a timer of the media plane failed'),
    telemetry.meterOf('io').of('timerLateness'),
  );
  const journals = openCallJournals(config, clock, log);
  const warmUp = new WarmUp(wantedPrompts(flows), registry, options.onProgress);
  // Behind the telephone's, and awaited by nobody.
  const browserWarmUp = new WarmUp(browserPrompts(config, flows), registry);

  const storeLink = new StoreLink(
    options.storeWorkerUrl ?? new URL('./store/store-worker.ts', import.meta.url),
    {
      path: join(dataDir, 'trunkline.db'),
      database: databaseOf(config),
      nodeId,
      nodeUrl: config.STREAM_URL ?? config.publicUrl ?? `http://${config.HOST}:${config.PORT}`,
      results: resultsOf(config),
      ...threadLog,
      callLifeMs: callLifeMs(config),
      keepDays: config.RETENTION_DAYS ?? null,
      dialing: dialingOf(config),
      meter: telemetry.meterOf('store').memory,
    },
    log,
    (error) => options.onFatal?.(error),
    (callSid) => {
      if (server?.directory.hangUp(callSid) === true)
        log.info({ event: 'call.hung-up', callSid }, 'a call was hung up because somebody asked for it');
    },
    (callSid) => void server?.directory.machineAnswered(callSid),
  );
  const store = new StoreClient(storeLink.openPort(), {
    clock,
    log,
    engine: config.DATABASE_URL === undefined ? 'sqlite' : 'postgres',
  });
  const voiceLink = new VoiceLink({
    workerUrl: new URL('./speech/voice-worker.ts', import.meta.url),
    start: {
      dataDir,
      ...threadLog,
      speech: config.speech,
      promptBytesMax: config.PROMPT_CACHE_MB * BYTES_PER_MB,
      meter: telemetry.meterOf('voice').memory,
    },
    registry,
    clock,
    log,
    onReady: (key, by) => {
      warmUp.made(key);
      browserWarmUp.made(key);
      options.onPrompt?.(key, by);
    },
    onFailed: (key, message) => warmUp.failed(key, message),
    onVendor: (message) => {
      if (message === null) {
        vendors.forget('voice');
        return;
      }
      vendors.receive('voice', message);
      options.onVendor?.(message);
    },
  });
  for (const each of [warmUp, browserWarmUp]) each.begin((wanted) => voiceLink.want(wanted));

  const closeThreads = async (): Promise<void> => {
    await store.close();
    const others = [voiceLink.close(), recordings?.close(), journals?.close(), telemetry.close()];
    await Promise.all([storeLink.close(), ...others]);
  };
  let storeEngine = '';
  const storeHealth = (): StoreHealth => {
    // Calls commit from their workers: what waits is known to the store thread, and here what this thread has asked.
    const { lateWrites, refusedWrites } = storeLink.health;
    const deferredCommits = Math.max(store.deferredCount, lateWrites);
    return {
      engine: storeEngine,
      isAlive: storeLink.isAlive,
      isDurable: storeLink.isAlive && deferredCommits === 0,
      deferredCommits,
      lostWrites: Math.max(store.totals.lost, refusedWrites),
    };
  };
  const { failure, filler } = systemPrompts(flows.default);
  const failureKey = promptKey(failure, TELEPHONE_FORMAT);
  const plane: MediaPlane = { clock, wheel, registry, census, gaps, log };
  const limits: MediaStreamLimits = {
    callMaxMs: config.CALL_MAX_SECONDS * 1000,
    audioWaitMaxMs: config.speech.turnDeadlineMs + AUDIO_WAIT_SLACK_MS,
    goodbyePromptKey: failureKey,
  };
  const pages = Pages.read(fileURLToPath(new URL('../web/dist', import.meta.url)));
  try {
    // While the other threads begin: nobody waits for it.
    const measured = config.MAX_CALLS === undefined ? await measuredCapacity(clock) : null;
    const maxCalls = config.MAX_CALLS ?? measured!.maxCalls;
    storeEngine = await storeLink.opened;
    // Before the first call: one that comes back goes on with the version it began with. Deferred, it comes before its calls.
    for (const { hash, name, text } of flowsOf(flows)) await store.putFlow({ hash, name, text });
    server = await createServer({
      settings: serverSettings(config, { dataDir, maxCalls }),
      clock,
      log,
      store,
      dials: store,
      nodeId,
      storeHealth,
      pages,
      vendors,
      isVoiceReady: () => warmUp.isDone,
      openStream: twilioStreams(plane, addon, limits, journals?.keeper ?? null),
      browser: browserSettings(config, flows, plane, limits),
      journals: journals?.keeper ?? null,
      recordings: config.RECORD_AUDIO || flowsRecord ? recordings : null,
      recordsAll: config.RECORD_AUDIO,
      apologyKey: failureKey,
      fillerKey: promptKey(filler, TELEPHONE_FORMAT),
      playFormat: formatName(TELEPHONE_FORMAT),
      workerUrl: options.callWorkerUrl ?? new URL('./call/call-worker.ts', import.meta.url),
      openStorePort: () => storeLink.openPort(),
      openVoicePort: () => voiceLink.openPort(),
      flows,
      flowHashOf: (calledNumber) => flowFor(flows, calledNumber).hash,
      readyPromptKeys: () => [...warmUp.madeKeys(), ...browserWarmUp.madeKeys()],
      workerSettings: { ...threadLog, speech: config.speech },
      ...(options.loopDelay === undefined ? {} : { loopDelay: options.loopDelay }),
      onFatal: (error) => options.onFatal?.(error),
      telemetry,
      board: boardSettings(config, flows, {
        store,
        clock,
        canDial: dialingOf(config) !== null,
        loopDelay: telemetry.meterOf('io').of('loopDelay'),
      }),
      addRoutes: (app) => telemetry.addRoutes(app),
      claimPort: async () => options.claimPort?.() ?? null,
      onPortLeft: () => options.onPortLeft?.(),
    });
    // Not before: a start that is refused says why, and nothing else.
    if (measured !== null) {
      const fields = { event: 'capacity.measured', ...measured };
      log.info(fields, 'MAX_CALLS is not set: this many calls at once, by a measurement of this machine');
    }
  } catch (error) {
    await closeThreads();
    throw error;
  }
  measure(telemetry, { server, gaps, vendors, storeHealth });
  recordings?.recover();
  journals?.recover();
  const { directory, drain } = server;
  const endNodeReport =
    config.DATABASE_URL === undefined
      ? () => {}
      : beginNodeReport({
          clock,
          liveCalls: () => directory.liveCount,
          isDraining: () => drain.leaving !== 'no',
          report: (liveCalls, isDraining) => storeLink.reportNode(liveCalls, isDraining),
        });
  const endRoomReport =
    dialingOf(config) === null
      ? () => {}
      : beginRoomReport({ clock, room: () => server.room, report: (calls) => storeLink.reportRoom(calls) });
  const pace = new LoopPace({ clock, streams: () => census.streams, pollEvery: addon.pollEvery });
  let closed: Promise<void> | null = null;
  return {
    server,
    port: server.port,
    isa: addon.activeIsa(),
    hasPages: pages.isBuilt,
    storeEngine,
    warm: Promise.all([warmUp.done, server.workers.firstReady]).then(() => {}),
    census: () => ({
      ...server.census(),
      mediaStreams: census.streams,
      mediaSockets: census.sockets,
      mediaTimers: wheel.pendingTimers,
      promptsPlaying: registry.counts().playing,
      promptWaiters: registry.counts().waiters,
      watchedCalls: telemetry.watchedCalls,
      recordings: (recordings?.counts().open ?? 0) + (journals?.openCount() ?? 0),
      nativeReceivers: addon.liveObjects().receivers,
    }),
    close: () => {
      endNodeReport();
      endRoomReport();
      pace.close();
      closed ??= server.close().then(closeThreads);
      return closed;
    },
  };
}

/** Of this process and no other: a process that comes after it on this machine has not its calls. */
function newNodeId(): string {
  return `${hostname()}-${randomBytes(4).toString('hex')}`;
}

async function measuredCapacity(clock: Clock) {
  const cores = availableParallelism();
  const frameUs = await measureFrameUs(clock);
  const maxCalls = machineCapacity(cores, frameUs);
  return { maxCalls, cores, frameUs: Number(frameUs.toFixed(2)) };
}

function databaseOf({ DATABASE_URL, DATABASE_POOL }: Config): DatabaseStart | null {
  return DATABASE_URL === undefined ? null : { url: DATABASE_URL, poolMax: DATABASE_POOL };
}

function resultsOf({ RESULT_URL, RESULT_SECRET }: Config): ResultsStart | null {
  if (RESULT_URL === undefined || RESULT_SECRET === undefined) return null;
  return { url: RESULT_URL, secret: RESULT_SECRET };
}

/** Null without an account that calls, or without an address that it can ask. */
function dialingOf(config: Config): DialingStart | null {
  const { DIALS_PER_SECOND: rateHz, TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = config;
  const { TWILIO_API_BASE_URL: baseUrl, publicUrl } = config;
  if (accountSid === undefined || authToken === undefined || publicUrl === null) return null;
  return { accountSid, authToken, baseUrl, publicUrl, rateHz };
}

function openDataDir(path: string): string {
  const absolute = resolve(path);
  try {
    mkdirSync(absolute, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ConfigError(
      `DATA_DIR: expected a folder that can be written, received ${absolute} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  return absolute;
}
