/** A run's report as one HTML file: the table, and plots drawn into it. It asks nothing of any network. Pure. */
import type { LoadReport } from './load-report.ts';
import { reportTable } from './report-table.ts';
import { svgBars, svgLines } from './svg-plot.ts';
import type { TimelinePoint } from './timeline.ts';

const BLUE = '#3b82f6';
const ORANGE = '#f97316';
const GREEN = '#16a34a';
const RED = '#dc2626';

const STYLE = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:1360px;margin:2rem auto;padding:0 1rem}
pre{overflow-x:auto;padding:1rem;border:1px solid #8886;border-radius:6px;font-size:13px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:1rem}
svg{width:100%;border:1px solid #8886;border-radius:6px}svg text{font:11px system-ui,sans-serif}svg{fill:currentColor}
svg .title{font-size:13px;font-weight:600}`;

export function reportPage(report: LoadReport): string {
  const { distributions, task, timeline, verdict } = report;
  const line = (name: string, colour: string, of: (point: TimelinePoint) => number) => ({
    name,
    colour,
    points: timeline.map((point) => [point.atMs / 1000, of(point)] as const),
  });
  const overTime = (title: string, unitY: string, ...lines: ReturnType<typeof line>[]): string =>
    svgLines({ title, unitX: 'seconds', unitY, lines });
  const plots = [
    overTime(
      'Calls',
      'calls',
      line('live', BLUE, ({ live }) => live),
      line('refused', RED, ({ refused }) => refused),
    ),
    overTime(
      'Turn latency',
      'ms',
      line('p50', GREEN, ({ turnP50Ms }) => turnP50Ms),
      line('p99', ORANGE, ({ turnP99Ms }) => turnP99Ms),
    ),
    svgBars('Turn latency, beyond endpointing and vendor', 'ms', distributions.turn, BLUE),
    svgBars('First audio', 'ms', distributions.firstAudio, BLUE),
    svgBars('Barge-in', 'ms', distributions.bargeIn, BLUE),
    svgBars("The disk's fsync", 'ms', distributions.fsync, GREEN),
    svgBars("The generator's lateness, p99 of each half second", 'ms', distributions.lateness, ORANGE),
    overTime(
      'Lateness of the generator, delay of the server loop',
      'ms',
      line('lateness p99', ORANGE, ({ latenessP99Ms }) => latenessP99Ms),
      line('loop delay p99', BLUE, ({ loopDelayP99Ms }) => loopDelayP99Ms),
    ),
    overTime(
      'CPU',
      '% of a core',
      line('server', BLUE, ({ serverCpuRatio }) => 100 * serverCpuRatio),
      line('generator', ORANGE, ({ generatorCpuRatio }) => 100 * generatorCpuRatio),
    ),
    overTime(
      'CPU taken by the host of this machine',
      '% of all cores',
      line('taken', RED, ({ stolenCpuRatio }) => 100 * stolenCpuRatio),
    ),
    overTime(
      'Memory of the server',
      'MB',
      line('resident', BLUE, ({ serverResidentBytes }) => serverResidentBytes / 2 ** 20),
    ),
  ];
  const title = `${task.calls} calls: ${verdict}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
<pre>${escaped(reportTable(report))}</pre>
<div class="plots">
${plots.join('\n')}
</div></body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
