import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';

export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Name of a colour of the style sheet, as `--accent`. */
  readonly colour: string;
  readonly isFilled?: boolean;
}

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  /** Epoch seconds. */
  readonly seconds: readonly number[];
  readonly lines: readonly ChartLine[];
}

const HEIGHT_PX = 150;
const SPAN_SECONDS = 600;
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** A picture for the eye; what it shows now stands beside it in words. */
export function Chart({ title, unit, seconds, lines }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const data = [seconds, ...lines.map(({ values }) => values)] as unknown as UPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  const shape = lines.map(({ label }) => label).join();

  // Made anew for other lines, told of new values below.
  useEffect(() => {
    const element = place.current!;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new UPlot(optionsOf(lines, element.clientWidth), latest.current, element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    resized.observe(element);
    dark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);
  // A new second is what it draws for.
  useEffect(() => plot.current?.setData(latest.current), [seconds]);

  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        {lines.map(({ label, values, colour }) => (
          <span key={label} class={`legend ${colour.slice(2)}`}>
            {label} {values.at(-1) === null ? '–' : Math.round(values.at(-1) ?? 0)}
            {values.at(-1) === null ? '' : unit}
          </span>
        ))}
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  );
}

function optionsOf(lines: readonly ChartLine[], width: number): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--faint'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_plot, _min, max) => [max - SPAN_SECONDS, max] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.15)] },
    },
    axes: [
      { ...axis, size: 28, space: 70, values: (_plot, ticks) => ticks.map(timeText) },
      { ...axis, size: 44, space: 34 },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 2,
        points: { show: false },
        ...(line.isFilled === true ? { fill: colour('--accent-wash') } : {}),
      })),
    ],
  };
}

function timeText(second: number): string {
  return new Date(second * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
