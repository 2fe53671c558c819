/**
 * The server, put together: listener, routes, admission, directory, worker pool, drain. Everything that it needs and does
 * not own (store, clock, voice, flows, the making of streams) is handed in. I/O thread.
 */

import type { TemplatedApp } from 'uWebSockets.js';
import { addon } from '../audio/addon.ts';
import { type ConfigError, InvalidStateError, toErrorRecord } from '../errors.ts';
import {
  CONTINUE_PATH,
  FALLBACK_PATH,
  STATUS_PATH,
  VOICE_PATH,
  WHISPER_PATH,
} from '../protocol/webhook-paths.ts';
import { lostLogLines } from '../standard-error.ts';
import { Admission } from './admission.ts';
import type { Board } from './board/board.ts';
import { createBoard } from './board/create-board.ts';
import { BrowserRoutes } from './browser/browser-routes.ts';
import { CallDirectory } from './call-directory.ts';
import { CallDoor } from './call-door.ts';
import { CallLimit } from './call-limit.ts';
import { CallReturn } from './call-return.ts';
import { ContinueWebhook } from './continue-webhook.ts';
import { Drain } from './drain.ts';
import { EndedCalls } from './ended-calls.ts';
import { FallbackWebhook } from './fallback-webhook.ts';
import { FaultCounters } from './fault-counters.ts';
import { GuardedApp } from './guarded-app.ts';
import { Health } from './health.ts';
import { LastQuestions } from './last-questions.ts';
import { Listener } from './listener.ts';
import type { LiveCallSurroundings } from './live-call-surroundings.ts';
import { type LoopDelay, watchLoopDelay } from './loop-delay.ts';
import { NextOfCall } from './next-of-call.ts';
import type { OpenSocket } from './open-socket.ts';
import { OutboundWebhooks } from './outbound-webhooks.ts';
import { PublicAddress } from './public-address.ts';
import { QuietLog } from './quiet-log.ts';
import type { ServerParts } from './server-parts.ts';
import { createSilentCalls, type SilentCalls } from './silent-calls.ts';
import { StatusWebhook } from './status-webhook.ts';
import { StreamTokens } from './stream-tokens.ts';
import { TlsWatch } from './tls-watch.ts';
import { TWILIO_SOCKET_PATH, TwilioSocket } from './twilio-socket.ts';
import { VoiceCounts } from './voice-counts.ts';
import { VoiceWebhook } from './voice-webhook.ts';
import { WarmWait } from './warm-wait.ts';
import { WebhookGate } from './webhook-gate.ts';
import { WhisperWebhook } from './whisper-webhook.ts';
import { WorkerPool } from './worker-pool.ts';

/** From the close messages to the cut: a peer needs one round trip to read them. */
const CLOSE_GRACE_MS = 250;

export class TrunklineServer {
  readonly directory: CallDirectory;
  readonly admission: Admission;
  readonly callLimit: CallLimit;
  readonly workers: WorkerPool;
  readonly drain: Drain;
  /** Errors caught at the edge, by place. */
  readonly faults = new FaultCounters();
  readonly voiceCounts = new VoiceCounts();
  /** Null: there is none. */
  readonly board: Board | null;
  readonly #parts: ServerParts;
  readonly #sockets = new Set<OpenSocket>();
  readonly #quietLog: QuietLog;
  readonly #address: PublicAddress;
  readonly #routes: {
    voice: VoiceWebhook;
    continues: ContinueWebhook;
    fallback: FallbackWebhook;
    status: StatusWebhook;
    whisper: WhisperWebhook;
    outbound: OutboundWebhooks | null;
    health: Health;
    twilio: TwilioSocket;
    browser: BrowserRoutes | null;
  };
  #listener: Listener | null = null;
  readonly #loopDelay: LoopDelay;
  readonly #silentCalls: SilentCalls | null;
  #tlsWatch: TlsWatch | null = null;
  #closed: Promise<void> | null = null;

  constructor(parts: ServerParts) {
    const { clock, log, settings, store } = parts;
    const { authToken, sessionKey } = settings;
    this.#parts = parts;
    this.#quietLog = new QuietLog(log, clock);
    this.#address = new PublicAddress(settings);
    this.directory = new CallDirectory({ clock, log });
    const { directory } = this;
    this.#loopDelay = watchLoopDelay({
      clock,
      log,
      observeMs: (lateMs) => parts.telemetry?.loopWasLate(lateMs),
    });
    this.callLimit = new CallLimit({
      configured: settings.maxCalls,
      clock,
      log,
      loopDelay: parts.loopDelay ?? this.#loopDelay,
      inUse: () => this.admission.inUse(),
    });
    this.admission = new Admission({ limit: this.callLimit, clock, live: directory });
    const { admission, callLimit } = this;
    const lastQuestions = new LastQuestions(clock, directory);
    const waitingCount = () => admission.waitingCount() + lastQuestions.count();
    this.drain = new Drain({ clock, log, directory, waitingCount, drainSeconds: settings.drainSeconds });
    this.workers = this.#createWorkers();
    const { workers, drain } = this;
    this.board = createBoard(parts, { callLimit, directory, drain, workers });
    const readiness = {
      get isWarm() {
        return workers.readyCount > 0 && parts.isVoiceReady();
      },
      get leaving() {
        return drain.leaving;
      },
    };
    const journaled = parts.journals?.placing(workers) ?? workers;
    const around: LiveCallSurroundings = {
      ...parts,
      accountSid: settings.accountSid,
      workers: parts.telemetry?.placing(journaled) ?? journaled,
    };
    const gate = new WebhookGate(settings, this.#address, this.#quietLog);
    const tokens = new StreamTokens({ clock, sessionKey });
    const door = new CallDoor(settings, this.#address, tokens, clock);
    const warmWait = new WarmWait({ clock, readiness, waitMaxMs: settings.warmWaitMs });
    const shared = { gate, door, admission, readiness, directory, warmWait };
    this.#silentCalls = createSilentCalls({ ...parts, door, directory });
    const next = new NextOfCall({ directory, store, clock });
    const answered = (callSid: string) => lastQuestions.answered(callSid);
    const returns = new CallReturn({
      ...shared,
      asked: (callSid) => this.#silentCalls?.cameBack(callSid),
      answered,
      next,
      store,
      dials: parts.dials,
    });
    const voice = new VoiceWebhook({
      ...shared,
      busy: settings,
      returns,
      hasOthers: store.engine === 'postgres',
      counts: this.voiceCounts,
    });
    const ended = new EndedCalls({ directory, store, log });
    const { dials } = parts;
    this.#routes = {
      voice,
      continues: new ContinueWebhook({ gate, returns, clock, sessionKey }),
      fallback: new FallbackWebhook(gate, log),
      status: new StatusWebhook(gate, ended),
      whisper: new WhisperWebhook({ gate, directory, store, clock, sessionKey }),
      outbound:
        dials === undefined ? null : new OutboundWebhooks({ gate, voice, directory, ended, dials, clock }),
      health: new Health({
        ...parts,
        readiness,
        workers,
        lostLogLines,
        capacity: () => callLimit.capacity(),
      }),
      twilio: new TwilioSocket({
        ...shared,
        address: this.#address,
        around,
        tokens,
        openStream: parts.openStream,
        log: this.#quietLog,
        authToken,
      }),
      browser:
        parts.browser === undefined
          ? null
          : new BrowserRoutes({
              ...shared,
              browser: parts.browser,
              settings,
              around,
              next,
              tokens,
              clock,
              log: this.#quietLog,
              answered,
            }),
    };
  }

  /** Resolves with the port once it listens. Rejects with ConfigError. */
  async listen(): Promise<number> {
    const { claimPort, clock, log, onFatal, settings } = this.#parts;
    const { host, tls } = settings;
    if (tls !== null) {
      const onRenewed = () => {
        try {
          this.#listener?.renew();
        } catch (thrown) {
          onFatal(thrown as Error);
        }
      };
      this.#tlsWatch = await TlsWatch.start(tls, { clock, log, onRenewed });
    }
    const port = (await claimPort?.()) ?? settings.port;
    this.#listener = await Listener.start({ host, port, tls, register: (app) => this.#register(app) });
    void this.#silentCalls?.bringBack();
    return this.#listener.port;
  }

  /** So many more calls could be begun here now. */
  get room(): number {
    const isOpen = this.drain.leaving === 'no' && this.workers.readyCount > 0 && this.#parts.isVoiceReady();
    return isOpen ? Math.max(0, this.callLimit.calls - this.admission.inUse()) : 0;
  }

  /** The port in use; 0 before `listen`. */
  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Takes a look at the certificate files now instead of within 10 s. */
  async reloadTls(): Promise<void> {
    await this.#tlsWatch?.look();
  }

  /** Ends what is still live and frees everything. Whoever wants calls to finish drains first. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** What is alive now: all zero after the last call, `waiting` within 10 s of its webhook. */
  census(): Readonly<
    Record<'calls' | 'streams' | 'sockets' | 'placed' | 'unplaced' | 'quarantined' | 'waiting', number>
  > {
    const { liveCalls, liveStreams } = this.directory.census();
    return {
      calls: liveCalls,
      streams: liveStreams,
      sockets: this.#sockets.size,
      placed: this.workers.placedCount,
      unplaced: this.workers.waitingCount,
      quarantined: this.workers.quarantineCount,
      waiting: this.admission.waitingCount(),
    };
  }

  async #close(): Promise<void> {
    this.#tlsWatch?.close();
    this.callLimit.close();
    this.#loopDelay.close();
    this.#silentCalls?.close();
    this.board?.close();
    this.#listener?.stopListening();
    if (this.#listener !== null) this.#parts.onPortLeft?.();
    const hadSockets = this.#sockets.size > 0;
    // A server that never listened has nobody to take leave of.
    if (this.#listener !== null) this.drain.hurry();
    for (const socket of [...this.#sockets]) socket.end(1001, 'shutting down');
    if (hadSockets) {
      await new Promise<void>((resolve) => {
        this.#parts.clock.setTimer(CLOSE_GRACE_MS, resolve);
      });
    }
    this.#listener?.close();
    await this.workers.close();
    this.#parts.journals?.close();
  }

  #createWorkers(): WorkerPool {
    const { log, settings, telemetry, vendors, workerSettings } = this.#parts;
    return new WorkerPool({
      ...this.#parts,
      workers: settings.workers,
      hasReserve: settings.hasReserve,
      stallMs: settings.workerStallMs,
      heapLimitBytes: settings.workerHeapLimitBytes,
      settings: workerSettings,
      ...(telemetry === undefined ? {} : { telemetryFor: (index) => telemetry.forWorker(index) }),
      onMessage: (message) => {
        telemetry?.fromCall(message);
        this.directory.receive(message);
      },
      onRecorded: (message) => this.#parts.journals?.take(message),
      onVendor: (index, message) => {
        if (message === null) vendors.forget(`worker ${index}`);
        else vendors.receive(`worker ${index}`, message);
      },
      onLost: (callIds, loss) => {
        const callSid = this.directory.callSidOf(loss.suspect);
        if (callSid !== null)
          log.error(
            { event: 'call.suspected', callSid, cause: loss.cause },
            'a worker was lost while it served this call',
          );
        this.directory.workerLost(callIds, loss);
      },
      onUnpostable: (callId) => {
        const error = new InvalidStateError('Expected a message that can cross, received one that cannot');
        this.directory.callFailed(callId, toErrorRecord(error));
      },
      onFatal: (error: ConfigError) => this.#parts.onFatal(error),
    });
  }

  #register(app: TemplatedApp): void {
    const guarded = new GuardedApp({
      app,
      log: this.#quietLog,
      faults: this.faults,
      sockets: this.#sockets,
      takeSocketsOf: this.#parts.settings.tls === null ? addon.takeSocketsOf : null,
    });
    const { browser, continues, fallback, health, outbound, status, twilio, voice, whisper } = this.#routes;
    for (const prefix of this.#address.prefixes) {
      guarded.route('post', prefix + VOICE_PATH, (exchange) => voice.answer(exchange));
      guarded.route('post', `${prefix}${CONTINUE_PATH}:callToken`, (exchange) => continues.answer(exchange));
      guarded.route('post', prefix + FALLBACK_PATH, (exchange) => fallback.answer(exchange));
      guarded.route('post', prefix + STATUS_PATH, (exchange) => status.answer(exchange));
      guarded.route('post', `${prefix}${WHISPER_PATH}:callToken`, (exchange) => whisper.answer(exchange));
      outbound?.addRoutes(guarded, prefix);
      guarded.socket(`${prefix}${TWILIO_SOCKET_PATH}:streamToken`, twilio);
      this.#parts.pages?.register(guarded, prefix);
      browser?.register(guarded, prefix);
      this.board?.addRoutes(guarded, prefix);
    }
    guarded.route('get', '/healthz', (exchange) => health.live(exchange));
    guarded.route('get', '/readyz', (exchange) => health.ready(exchange));
    this.#parts.addRoutes?.(guarded);
    guarded.notFound();
  }
}

/** A server that listens. Rejects with ConfigError, and then nothing is left running. */
export async function createServer(parts: ServerParts): Promise<TrunklineServer> {
  const server = new TrunklineServer(parts);
  try {
    await server.listen();
  } catch (thrown) {
    await server.close();
    throw thrown;
  }
  return server;
}
