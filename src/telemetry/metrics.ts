/**
 * Every metric of ours: its name, what it says, where it is read. README ("Metrics and traces") repeats the list, and a test
 * holds the two together. Labels take few values: a metric never names a call, a node of a flow or a caller. I/O thread.
 */
import type { Registry } from 'prom-client';
import type { EndReason } from '../channel/messages.ts';
import type { GapCounts } from '../media/gap-counts.ts';
import type { StoreHealth } from '../server/health.ts';
import type { VendorReport } from '../server/vendor-health.ts';
import type { VoiceCounts } from '../server/voice-counts.ts';
import type { MeterBoard } from './meter-board.ts';
import { counter, gauge, histogram, type Value } from './read-metric.ts';
import type { TurnWatch } from './turn-watch.ts';

export interface MetricSources {
  readonly meters: MeterBoard;
  readonly turns: Pick<TurnWatch, 'beginnings'>;
  readonly liveCalls: () => number;
  readonly slots: () => { readonly inUse: number; readonly most: number };
  readonly voiceCounts: VoiceCounts;
  /** Of streams. */
  readonly ends: ReadonlyMap<EndReason, number>;
  readonly gaps: GapCounts;
  readonly workers: {
    readonly readyCount: number;
    readonly workerCount: number;
    readonly startedCount: number;
    readonly lostCount: number;
  };
  readonly vendors: () => VendorReport;
  readonly store: () => StoreHealth;
  readonly faults: () => readonly (readonly [place: string, count: number])[];
  readonly lostLogLines: () => number;
}

export function registerMetrics(registry: Registry, sources: MetricSources): void {
  registerCalls(registry, sources);
  registerTurns(registry, sources);
  registerAudio(registry, sources);
  registerThreads(registry, sources);
  registerOthers(registry, sources);
}

function registerCalls(
  registry: Registry,
  { ends, liveCalls, slots, turns, voiceCounts }: MetricSources,
): void {
  gauge(registry, { name: 'trunkline_calls_active', help: 'Calls with an open stream' }, () => [
    [liveCalls()],
  ]);
  gauge(
    registry,
    { name: 'trunkline_slots_in_use', help: 'Slots held by live calls and by calls whose stream is to come' },
    () => [[slots().inUse]],
  );
  gauge(registry, { name: 'trunkline_slots', help: 'Calls that are let in at once' }, () => [[slots().most]]);
  counter(
    registry,
    { name: 'trunkline_calls_admitted_total', help: 'Calls answered with a stream at /voice' },
    () => [[voiceCounts.admitted]],
  );
  counter(
    registry,
    { name: 'trunkline_calls_refused_total', help: 'Calls told at /voice that they cannot be taken now' },
    () =>
      Object.entries(voiceCounts.refused).map(([reason, count]) => [
        count,
        { reason: reason.replaceAll(' ', '_') },
      ]),
  );
  counter(
    registry,
    {
      name: 'trunkline_calls_begun_total',
      help: 'Calls that came to a worker: new, returned on a new stream, or moved to another worker',
    },
    () => Object.entries(turns.beginnings).map(([how, count]) => [count, { how }]),
  );
  counter(registry, { name: 'trunkline_streams_ended_total', help: 'Streams of calls that ended' }, () =>
    [...ends].map(([reason, count]) => [count, { reason: reason.replaceAll(' ', '_') }]),
  );
}

function registerTurns(registry: Registry, { meters }: MetricSources): void {
  histogram(
    registry,
    {
      name: 'trunkline_turn_latency_seconds',
      help: "From the end of the caller's speech to the first audio of the answer",
    },
    () => [[meters.histograms('turnLatency')]],
  );
  histogram(
    registry,
    { name: 'trunkline_turn_part_seconds', help: 'What a turn takes its time for, by part' },
    () =>
      (
        [
          ['endpointing', 'endpointing'],
          ['recognizer', 'recognizer'],
          ['understanding', 'understanding'],
          ['step', 'step'],
          ['synthesizer', 'synthesizer'],
          ['first_audio', 'firstAudio'],
        ] as const
      ).map(([part, name]) => [meters.histograms(name), { part }]),
  );
  counter(
    registry,
    { name: 'trunkline_barge_ins_total', help: 'Times that a caller spoke over a prompt and it was cleared' },
    () => [[meters.total('bargeIns')]],
  );
}

function registerAudio(registry: Registry, { gaps, meters }: MetricSources): void {
  counter(
    registry,
    {
      name: 'trunkline_playout_gaps_total',
      help: 'Gaps within prompts, since their next part was sent too late',
    },
    () => [[gaps.playoutGaps]],
  );
  counter(
    registry,
    { name: 'trunkline_playout_gap_seconds_total', help: 'Length of all these gaps together' },
    () => [[gaps.playoutGapMs / 1000]],
  );
  counter(
    registry,
    { name: 'trunkline_media_gaps_total', help: 'Times that a caller sent no audio for about a second' },
    () => [[gaps.mediaGaps]],
  );
  histogram(
    registry,
    {
      name: 'trunkline_timer_lateness_seconds',
      help: 'How late the timers of the media plane ran, those that send audio among them',
    },
    () => [[meters.histograms('timerLateness')]],
  );
}

function registerThreads(registry: Registry, { meters, workers }: MetricSources): void {
  histogram(
    registry,
    {
      name: 'trunkline_event_loop_delay_seconds',
      help: 'How late a timer of each thread ran, looked at two to ten times a second',
    },
    () => meters.threads().map(([thread, meter]) => [[meter.of('loopDelay')], { thread }]),
  );
  gauge(registry, { name: 'trunkline_workers_ready', help: 'Call workers that take calls' }, () => [
    [workers.readyCount],
  ]);
  gauge(registry, { name: 'trunkline_workers_wanted', help: 'Call workers that there should be' }, () => [
    [workers.workerCount],
  ]);
  counter(
    registry,
    { name: 'trunkline_workers_started_total', help: 'Call workers started, replacements included' },
    () => [[workers.startedCount]],
  );
  counter(registry, { name: 'trunkline_workers_lost_total', help: 'Call workers lost' }, () => [
    [workers.lostCount],
  ]);
}

function registerOthers(
  registry: Registry,
  { faults, lostLogLines, meters, store, vendors }: MetricSources,
): void {
  counter(
    registry,
    { name: 'trunkline_vendor_requests_total', help: 'Requests to speech vendors, by how they ended' },
    () =>
      vendors().requests.map(
        ({ outcome, provider, requests, role }): Value => [requests, { role, vendor: provider, outcome }],
      ),
  );
  gauge(
    registry,
    {
      name: 'trunkline_vendor_down_threads',
      help: 'Threads that pass a speech vendor over, since it is down',
    },
    () =>
      Object.entries(vendors().down).map(([name, { threads }]): Value => {
        const [role = '', vendor = ''] = name.split(' ');
        return [threads, { role, vendor }];
      }),
  );
  histogram(
    registry,
    { name: 'trunkline_synthesis_seconds', help: 'One asking of a synthesizer, for whomever' },
    () => [[meters.histograms('synthesis')]],
  );
  counter(
    registry,
    { name: 'trunkline_store_commits_total', help: 'Commits of calls: durable, or deferred after 250 ms' },
    () => [
      [meters.total('commitsDurable'), { result: 'durable' }],
      [meters.total('commitsDeferred'), { result: 'deferred' }],
    ],
  );
  histogram(
    registry,
    { name: 'trunkline_store_commit_seconds', help: 'What a call waited for a commit' },
    () => [[meters.histograms('commit')]],
  );
  histogram(
    registry,
    {
      name: 'trunkline_store_transaction_seconds',
      help: 'One transaction of the store, the flush to disk included',
    },
    () => [[meters.histograms('transaction')]],
  );
  counter(
    registry,
    { name: 'trunkline_store_transactions_failed_total', help: 'Transactions of the store that failed' },
    () => [[meters.total('transactionsFailed')]],
  );
  gauge(
    registry,
    {
      name: 'trunkline_store_waiting_writes',
      help: 'Writes that are not durable yet, 250 ms after they were asked for',
    },
    () => [[store().deferredCommits]],
  );
  counter(registry, { name: 'trunkline_store_lost_writes_total', help: 'Writes that were given up' }, () => [
    [store().lostWrites],
  ]);
  counter(
    registry,
    {
      name: 'trunkline_trace_spans_total',
      help: 'Spans exported, and dropped since the collector did not take them',
    },
    () => [
      [meters.total('spansExported'), { result: 'exported' }],
      [meters.total('spansDropped'), { result: 'dropped' }],
    ],
  );
  counter(
    registry,
    { name: 'trunkline_faults_total', help: 'Errors of our own code at the edge, by place' },
    () => faults().map(([place, count]) => [count, { place }]),
  );
  counter(
    registry,
    { name: 'trunkline_log_lines_lost_total', help: 'Lines of the log that nobody took' },
    () => [[lostLogLines()]],
  );
}
