/** What a search for the knee tried, and what it found. */
import type { Knee } from '../load/knee.ts';
import { textTable } from './text-table.ts';

export function kneeTable({ calls, limitedBy, steps }: Knee): string {
  const rows = steps.map(({ calls: tried, report: { findings, verdict } }) => [
    String(tried),
    verdict,
    findings.turnBeyondFsync.p99Ms.toFixed(0),
    findings.firstAudio.p99Ms.toFixed(0),
    findings.gaps.maxMs.toFixed(0),
    String(findings.counts.wrong + findings.counts.dropped),
    String(findings.counts.refused),
    findings.server === null ? '-' : (100 * findings.server.cpuRatio).toFixed(0),
    findings.generator.latenessP99TypicalMs.toFixed(1),
  ]);
  const head = [
    'calls',
    'verdict',
    'turn p99',
    'first audio p99',
    'gap',
    'wrong',
    'refused',
    'CPU %',
    'own lateness p99',
  ];
  return `${textTable([head, ...rows])}\n\n${conclusion(calls, limitedBy)}`;
}

function conclusion(calls: number | null, limitedBy: Knee['limitedBy']): string {
  const found =
    calls === null
      ? 'No number that was tried keeps the objectives'
      : `The knee: ${calls} calls keep the objectives`;
  switch (limitedBy) {
    case 'server':
      return `${found}.`;
    case 'generator':
      return `${found}; above that the generator lagged before the server did: take more --senders, or another machine.`;
    case 'limit':
      return `${found}, and more were not tried (--knee-max).`;
    case 'interruption':
      return `${found} as far as it was looked for: interrupted.`;
  }
}
