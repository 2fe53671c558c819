/**
 * One run: calls are placed at a rate until so many are live, are replaced as they end for the time of the hold, and then
 * may finish. Measures all along; never rejects for what a call or the server does.
 *
 *     ramp ----------> hold ----------------> finish ----------> over
 *     calls are live, or no more can be; holdMs have passed      none is live, finishMs have passed, or somebody interrupts
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import { createRandom } from '../simulator/random.ts';
import { waitUnlessAborted } from '../simulator/wait-unless-aborted.ts';
import { drawPlan, type PlanSources } from './call-plan.ts';
import type { Clip } from './caller-engine.ts';
import { DiskProbe } from './disk-probe.ts';
import { GeneratorWatch } from './generator-watch.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LoadSite } from './load-site.ts';
import { MachineCpu } from './machine-cpu.ts';
import { Measurements, type TurnAllowance } from './measurements.ts';
import { type PlacedCall, placeCall } from './placed-call.ts';
import { type Pulse, SenderPool, type StartEngine } from './sender-pool.ts';
import { ServerWatch } from './server-watch.ts';
import { socketBacklogBytes } from './socket-backlog.ts';
import { Timeline, type TimelinePoint } from './timeline.ts';
import { WebhookLine } from './webhook-line.ts';

export interface LoadSettings {
  readonly calls: number;
  readonly rateHz: number;
  readonly holdMs: number;
  /** What live calls have after the hold to come to their own end. */
  readonly finishMs: number;
  readonly seed: number;
  readonly senders: number;
  readonly allowance: TurnAllowance;
}

export interface LoadParts {
  readonly clock: Clock;
  readonly site: LoadSite;
  readonly plans: PlanSources;
  readonly clips: readonly Clip[];
  /** Aborted by Ctrl-C: calls are hung up, and what was measured is reported. */
  readonly interrupted: AbortSignal;
  readonly onPoint?: (point: TimelinePoint, phase: Measurements['phase']) => void;
  readonly startEngine?: StartEngine;
}

/** What came of it, for the report. */
export interface FinishedRun {
  readonly measured: Measurements;
  readonly generator: GeneratorWatch;
  readonly server: ServerWatch;
  readonly machineCpu: MachineCpu;
  readonly timeline: Timeline;
  /** Each pulse's p99. */
  readonly lateness: LatencyHistogram;
  /** By CallSid, of calls whose callers found nothing wrong: to be held against the store. */
  readonly right: ReadonlyMap<string, PlacedCall>;
  /** A sender died, and with it what it was to measure. */
  readonly senderDied: boolean;
}

/** Placing looks so often; at any usual rate that is a call or none. */
const LOOK_MS = 10;
const POINT_MS = 1000;
/** What hanging up all that is left may take. */
const OVER_MAX_MS = 5000;
/** Calls last a minute or so: at a rate that cannot hold so many, more time would not make them more. */
const RAMP_FACTOR = 2;
const RAMP_SPARE_MS = 30_000;
/** Longer than a call of the canonical flow takes: what is on after it is stuck. */
const FINISH_WHOLE_MS = 120_000;
/** Calls whose plan is kept to the end, for the store: at 20 a second, three hours. */
const KEPT_MAX = 200_000;

export async function runLoad(settings: LoadSettings, parts: LoadParts): Promise<FinishedRun> {
  const { clock, interrupted, site } = parts;
  const measured = new Measurements(settings.allowance);
  const generator = new GeneratorWatch(
    () => clock.nowMs(),
    () => socketBacklogBytes(site.target.port),
  );
  const server = new ServerWatch(site);
  const machineCpu = new MachineCpu();
  const timeline = new Timeline();
  const lateness = new LatencyHistogram();
  const right = new Map<string, PlacedCall>();
  const random = createRandom(settings.seed);
  const live = new Set<Promise<void>>();
  /** Of the last second: the plot's. */
  const second = { latenessP99Ms: 0, cpuMs: 0 };
  let senderDied = false;

  const over = new AbortController();
  /** Aborted with it, and listened to by nobody but this loop: each look would search all the calls that listen to that. */
  const loopOver = new AbortController();
  const holdOver = new AbortController();
  const ended = new AbortController();
  for (const { signal } of [over, holdOver, ended]) setMaxListeners(0, signal);
  const stop = (why: string): void => {
    if (over.signal.aborted) return;
    if (why !== '') measured.complain(why);
    holdOver.abort();
    loopOver.abort();
    over.abort();
  };
  interrupted.addEventListener('abort', () => stop(''), { once: true });
  if (interrupted.aborted) stop('');

  const onPulse = (sender: number, pulse: Pulse): void => {
    generator.pulse(sender, pulse);
    if (measured.phase === 'hold') lateness.add(pulse.latenessP99Ms);
    second.latenessP99Ms = Math.max(second.latenessP99Ms, pulse.latenessP99Ms);
    second.cpuMs += pulse.cpuMs;
  };
  const senders = await SenderPool.start({
    senders: settings.senders,
    clips: parts.clips,
    onPulse,
    ...(parts.startEngine === undefined ? {} : { startEngine: parts.startEngine }),
  });
  senders.died.catch((error: Error) => {
    senderDied = true;
    stop(`a sender died: ${error.message}`);
  });
  let isStopping = false;
  void site.exited?.then(() => {
    if (!isStopping) stop('the server ended by itself');
  });
  const webhooks = new WebhookLine(site.target);
  const disk =
    site.diskFolder === null
      ? null
      : await DiskProbe.start(site.diskFolder, (write) => measured.beyondDisk.wrote(write));

  const place = (): void => {
    measured.counts.offered += 1;
    const plan = drawPlan(parts.plans, random);
    const isOver = plan.expected.endedBy === 'nobody' ? holdOver.signal : over.signal;
    const told = measured;
    const call = placeCall(plan, { clock, target: site.target, webhooks, senders, over: isOver, told }).then(
      (placed) => {
        live.delete(call);
        measured.ended(placed);
        if (placed.verdict === 'right' && right.size < KEPT_MAX) right.set(placed.callSid, placed);
      },
    );
    live.add(call);
  };

  await server.begin();
  const startedAtMs = clock.nowMs();
  let cpuBefore = process.cpuUsage();
  const drawPoint = async (tookMs: number): Promise<void> => {
    const usage = await server.read();
    const { system, user } = process.cpuUsage(cpuBefore);
    cpuBefore = process.cpuUsage();
    const point: TimelinePoint = {
      atMs: clock.nowMs() - startedAtMs,
      live: live.size,
      offered: measured.counts.offered,
      refused: measured.counts.refused,
      turnP50Ms: measured.recentTurnMs.percentile(0.5),
      turnP99Ms: measured.recentTurnMs.percentile(0.99),
      latenessP99Ms: second.latenessP99Ms,
      serverCpuRatio: (usage?.cpuMs ?? 0) / tookMs,
      serverResidentBytes: usage?.residentBytes ?? 0,
      loopDelayP99Ms: usage?.loopDelayP99Ms ?? 0,
      generatorCpuRatio: ((system + user) / 1000 + second.cpuMs) / tookMs,
      stolenCpuRatio: measured.phase === 'finish' ? 0 : machineCpu.look(),
    };
    measured.recentTurnMs.clear();
    second.latenessP99Ms = 0;
    second.cpuMs = 0;
    timeline.add(point);
    parts.onPoint?.(point, measured.phase);
  };
  const drawing = (async () => {
    for (let lastAtMs = startedAtMs; !ended.signal.aborted; ) {
      await waitUnlessAborted(clock, POINT_MS, ended.signal);
      if (ended.signal.aborted) return;
      const nowMs = clock.nowMs();
      await drawPoint(nowMs - lastAtMs);
      lastAtMs = nowMs;
    }
  })();

  const rampMaxMs = RAMP_SPARE_MS + (RAMP_FACTOR * 1000 * settings.calls) / settings.rateHz;
  /** As many are live as were asked for, or as the server takes, or as live at once at this rate. */
  const isFull = (nowMs: number): boolean => {
    if (live.size >= settings.calls) return true;
    const { offered, refused } = measured.counts;
    return offered >= settings.calls && (refused > 0 || nowMs - startedAtMs >= rampMaxMs);
  };
  let dueAtMs = startedAtMs;
  let holdFromMs = Number.POSITIVE_INFINITY;
  while (!over.signal.aborted && clock.nowMs() < holdFromMs + settings.holdMs) {
    const nowMs = clock.nowMs();
    while (dueAtMs <= nowMs && live.size < settings.calls) {
      place();
      dueAtMs += 1000 / settings.rateHz;
    }
    // A call that ends is replaced, but those of a second that all end at once come back at the rate, too.
    if (live.size >= settings.calls) dueAtMs = Math.max(dueAtMs, nowMs);
    if (measured.phase === 'ramp' && isFull(nowMs)) {
      await server.holdBegins(clock.nowMs());
      measured.phase = 'hold';
      machineCpu.begin();
      generator.begin(settings.senders);
      holdFromMs = clock.nowMs();
    }
    if (measured.phase === 'hold') measured.live(live.size);
    await waitUnlessAborted(clock, LOOK_MS, loopOver.signal);
  }
  generator.end();
  await server.holdEnds(clock.nowMs(), live.size);
  measured.phase = 'finish';
  holdOver.abort();
  await settled(live, settings.finishMs, clock, loopOver.signal);
  measured.isOverdue = !over.signal.aborted && settings.finishMs >= FINISH_WHOLE_MS;
  stop('');
  await settled(live, OVER_MAX_MS, clock, new AbortController().signal);
  ended.abort();
  isStopping = true;
  await drawing;
  await disk?.close();
  measured.beyondDisk.finish();
  webhooks.close();
  await senders.close();
  return { measured, generator, server, machineCpu, timeline, lateness, right, senderDied };
}

/** Resolves when none is left, when `withinMs` have passed, or when aborted. */
async function settled(
  live: ReadonlySet<Promise<void>>,
  withinMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.nowMs() + withinMs;
  while (live.size > 0 && clock.nowMs() < untilMs && !signal.aborted) {
    await waitUnlessAborted(clock, LOOK_MS, signal);
  }
}
