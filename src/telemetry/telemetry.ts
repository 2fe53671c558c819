/**
 * Metrics and traces of one server, put together: each thread's meter, the turns, the scrape and, only where a collector is
 * set, the trace thread. Part of the composition root. I/O thread.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { EndReason, FromCall } from '../channel/messages.ts';
import type { TracePortStart, TraceWorkerStart } from '../channel/trace-messages.ts';
import type { WorkerTelemetry } from '../channel/worker-start.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { beginLoopMeter } from '../meter/loop-meter.ts';
import type { ThreadMeter } from '../meter/thread-meter.ts';
import type { GuardedApp } from '../server/guarded-app.ts';
import type { CallPlacement } from '../server/live-call-surroundings.ts';
import type { ServerTelemetry } from '../server/server-telemetry.ts';
import { MeterBoard } from './meter-board.ts';
import { type MetricSources, registerMetrics } from './metrics.ts';
import { MetricsRoute } from './metrics-route.ts';
import { TurnWatch, type TurnWatchParts } from './turn-watch.ts';

/** Node's own monitor of the event loop wakes the thread so often; ours looks at every thread, and its values are left out. */
const NODE_MONITOR_MS = 1000;

export interface TelemetryParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Call workers of the pool; those for one call alone come after them. */
  readonly workers: number;
  /** Whether a prompt's audio is there. */
  readonly isReady: (promptKey: string) => boolean;
  readonly metricsToken: string | null;
  /** Told of what each spoken answer took. */
  readonly onTurn?: TurnWatchParts['onTurn'];
  /** Null: calls are not traced, and nothing for it is loaded. */
  readonly traces: Omit<TraceWorkerStart, 'meter'> | null;
}

/** The trace thread as this file needs it. */
interface Traces {
  openPort(): TracePortStart;
  close(): Promise<void>;
}

export class Telemetry implements ServerTelemetry {
  readonly #meters: MeterBoard;
  readonly #turns: TurnWatch;
  readonly #registry = new Registry();
  readonly #route: MetricsRoute;
  readonly #traces: Traces | null;
  readonly #workers: number;
  readonly #ends = new Map<EndReason, number>();
  readonly #endLoopMeter: () => void;

  private constructor(parts: TelemetryParts, meters: MeterBoard, traces: Traces | null) {
    const io = meters.of('io');
    this.#meters = meters;
    const { clock, isReady, onTurn } = parts;
    this.#turns = new TurnWatch({ clock, meter: io, isReady, ...(onTurn === undefined ? {} : { onTurn }) });
    this.#route = new MetricsRoute(this.#registry, parts.metricsToken);
    this.#traces = traces;
    this.#workers = parts.workers;
    this.#endLoopMeter = beginLoopMeter(parts.clock, io);
  }

  static async open(parts: TelemetryParts): Promise<Telemetry> {
    const meters = new MeterBoard();
    return new Telemetry(parts, meters, await openTraces(parts, meters));
  }

  /** Of a thread that there is one of. */
  meterOf(thread: 'io' | 'store' | 'voice'): ThreadMeter {
    return this.#meters.of(thread);
  }

  forWorker(workerIndex: number): WorkerTelemetry {
    // Those for one call alone share a meter: a few, and rare.
    const thread = workerIndex < this.#workers ? `worker-${workerIndex}` : 'worker-alone';
    return { meter: this.#meters.of(thread).memory, trace: this.#traces?.openPort() ?? null };
  }

  placing(workers: CallPlacement): CallPlacement {
    return this.#turns.placing(workers);
  }

  fromCall(message: FromCall): void {
    this.#turns.fromCall(message);
  }

  addRoutes(app: GuardedApp): void {
    app.route('get', '/metrics', (exchange) => this.#route.answer(exchange));
  }

  /** A stream of a call has ended. */
  streamEnded(reason: EndReason): void {
    this.#ends.set(reason, (this.#ends.get(reason) ?? 0) + 1);
  }

  /** What is scraped from now on. Call once. */
  read(sources: Omit<MetricSources, 'meters' | 'turns' | 'ends'>): void {
    registerMetrics(this.#registry, {
      ...sources,
      meters: this.#meters,
      turns: this.#turns,
      ends: this.#ends,
    });
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: NODE_MONITOR_MS });
    for (const { name } of this.#registry.getMetricsAsArray()) {
      if (name.startsWith('nodejs_eventloop_lag')) this.#registry.removeSingleMetric(name);
    }
  }

  /** Calls that are watched: zero when no call is on. */
  get watchedCalls(): number {
    return this.#turns.callCount;
  }

  /** After the workers: what they told last is sent. Idempotent. */
  async close(): Promise<void> {
    this.#endLoopMeter();
    await this.#traces?.close();
  }
}

async function openTraces({ log, traces }: TelemetryParts, meters: MeterBoard): Promise<Traces | null> {
  if (traces === null) return null;
  const { TraceLink } = await import('./trace-link.ts');
  return new TraceLink({ ...traces, meter: meters.of('trace').memory }, log);
}
