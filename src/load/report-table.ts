/** A run's report for a terminal. */
import type { LatencySummary } from './latency-histogram.ts';
import type { LoadReport } from './load-report.ts';
import type { SloResult, Slos } from './slo.ts';

const SLO_NAMES: Readonly<Record<keyof Slos, readonly [text: string, unit: string]>> = {
  turnP99Ms: ['turn p99', 'ms'],
  firstAudioP99Ms: ['first audio p99', 'ms'],
  bargeInP99Ms: ['barge-in p99', 'ms'],
  gapMaxMs: ['longest gap', 'ms'],
  refusalP99Ms: ['refusal p99', 'ms'],
  wrongMax: ['wrong or dropped', 'calls'],
  refusedMax: ['refused', 'calls'],
};

export function reportTable(report: LoadReport): string {
  const { findings, machine, task } = report;
  const { counts, generator, recognizer, server } = findings;
  const rows: (readonly [string, string])[] = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}`],
    [
      'load',
      `${task.calls} calls at ${task.rateHz}/s, held ${task.holdMs / 1000} s; ${task.mix}; seed ${task.seed}`,
    ],
    ['', `${task.flow}, recognizer ${task.recognizer}${task.vendorMs > 0 ? ` of ${task.vendorMs} ms` : ''}`],
    [
      'calls',
      `${counts.offered} offered, ${counts.admitted} admitted, ${counts.refused} refused; ${Math.round(findings.liveMean)} live on average`,
    ],
    [
      '',
      `${counts.right} right${findings.isStoreRead ? ' by the store, too' : ''}, ${counts.wrong} wrong, ${counts.dropped} dropped, ${counts.cut} cut short by the end of the run`,
    ],
    ['first audio', latency(findings.firstAudio)],
    ['  without fsync', latency(findings.firstAudioBeyondFsync)],
    ['turn', `${latency(findings.turn)} beyond endpointing and vendor`],
    ['  without fsync', latency(findings.turnBeyondFsync)],
    ['turn by key', latency(findings.keyTurn)],
    [
      'barge-in',
      `${latency(findings.bargeIn)}${findings.unclearedBargeIns > 0 ? `; ${findings.unclearedBargeIns} without a clear` : ''}`,
    ],
    ['gaps in prompts', findings.gaps.count === 0 ? 'none' : latency(findings.gaps)],
    ['refusal', latency(findings.refusal)],
    ['fsync', latency(findings.fsync)],
  ];
  if (server === null) rows.push(['server', 'not seen: give its process with --server-pid']);
  else {
    rows.push(
      [
        'server CPU',
        `${percent(server.cpuRatio)} of a core, ${server.cpuPerFrameUs.toFixed(1)} us an inbound frame, all threads`,
      ],
      [
        'server memory',
        `${megabytes(server.residentBytes)} (${megabytes(server.residentBeforeBytes)} before the first call), ${(server.bytesPerCall / 1024).toFixed(0)} KB a call`,
      ],
    );
    if (server.loopDelayP99Ms !== null) {
      rows.push([
        'server loop delay',
        `p50 ${ms(server.loopDelayP50Ms ?? 0)}, p99 ${ms(server.loopDelayP99Ms)} (of a median second), longest ${ms(server.loopDelayMaxMs ?? 0)} ms`,
      ]);
    }
  }
  if (recognizer !== null) {
    rows.push([
      'recognizer',
      `${recognizer.accepted} utterances, ${recognizer.unclear} without a whole word of one caller, ${recognizer.rejected} requests rejected`,
    ]);
  }
  rows.push([
    'generator',
    `${generator.framesSent} frames, ${generator.framesTaken} of them read by the server; lateness p99 ${ms(generator.latenessP99TypicalMs)} (worst half second ${ms(generator.latenessP99WorstMs)}), longest ${ms(generator.latenessMaxMs)} ms; busiest sender ${percent(generator.senderCpuRatio)} of a core`,
  ]);
  if (findings.machineCpu !== null) {
    const { stolenRatio, stolenWorstRatio, usedRatio } = findings.machineCpu;
    rows.push([
      'machine CPU',
      `${percent(usedRatio)} used, ${(100 * stolenRatio).toFixed(1)} % taken by its host (worst second ${percent(stolenWorstRatio)})`,
    ]);
  }
  for (const [index, text] of findings.complaints.entries())
    rows.push([index === 0 ? 'complaints' : '', text]);
  const lines = rows.map(([name, value]) => `${name.padEnd(18)} ${value}`.trimEnd());
  return [...lines, '', ...verdictLines(report)].join('\n');
}

function verdictLines({ findings, slos, verdict }: LoadReport): string[] {
  const lines = slos.map(sloLine);
  const reasons = findings.generator.reasons.join('; ');
  switch (verdict) {
    case 'invalid':
      return [`INVALID: the generator lagged, so this says nothing of the server: ${reasons}.`];
    case 'interrupted':
      return [...lines, 'Interrupted: the numbers are of what was measured until then.'];
    case 'kept':
      return [...lines, 'Every objective was kept.'];
    case 'broken':
      return [
        ...lines,
        findings.counts.admitted === 0
          ? 'BROKEN: nobody was served.'
          : `BROKEN: ${slos
              .filter(({ kept }) => !kept)
              .map(({ name }) => SLO_NAMES[name][0])
              .join(', ')}.`,
      ];
  }
}

export function sloLine({ name, limit, found, kept }: SloResult): string {
  const [text, unit] = SLO_NAMES[name];
  const shown = unit === 'ms' ? ms(found) : String(found);
  return `${kept ? 'ok  ' : 'FAIL'} ${text.padEnd(17)} ${shown} ${unit}, at most ${limit}`;
}

function latency({ count, maxMs, p50Ms, p99Ms }: LatencySummary): string {
  return count === 0 ? 'none' : `p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}, longest ${ms(maxMs)} ms (${count})`;
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(0)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}
