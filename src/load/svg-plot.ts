/** Plots as SVG text, with nothing to load from anywhere: lines over time, and bars of a distribution. Pure. */
export interface PlotLine {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly unitX: string;
  readonly unitY: string;
  readonly lines: readonly PlotLine[];
}

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 52;
const RIGHT = 12;
const TOP = 30;
const BOTTOM = 34;
const TICKS = 4;

export function svgLines({ lines, title, unitX, unitY }: Plot): string {
  const all = lines.flatMap(({ points }) => points);
  const maxX = Math.max(1e-9, ...all.map(([x]) => x));
  const maxY = niceMax(Math.max(0, ...all.map(([, y]) => y)));
  const paths = lines.map(({ colour, points }) => {
    const path = points.map(([x, y]) => `${toX(x / maxX)},${toY(y / maxY)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  });
  const legend = lines.map(
    ({ colour, name }, index) =>
      `<text x="${WIDTH - RIGHT - 130 * (lines.length - 1 - index)}" y="18" text-anchor="end" fill="${colour}">${escaped(name)}</text>`,
  );
  return frame(title, `${axes(maxX, maxY, unitX, unitY)}${paths.join('')}${legend.join('')}`);
}

/** `bars`: where each begins, on a logarithmic axis from `minX`, and how many are in it. */
export function svgBars(
  title: string,
  unitX: string,
  bars: readonly (readonly [from: number, count: number])[],
  colour: string,
): string {
  const minX = 0.1;
  const maxX = Math.max(10, ...bars.map(([from]) => from)) * 1.1;
  const columns = 80;
  const counts = new Array<number>(columns).fill(0);
  const place = (x: number): number => Math.log(Math.max(minX, x) / minX) / Math.log(maxX / minX);
  for (const [from, count] of bars) {
    counts[Math.min(columns - 1, Math.floor(place(from) * columns))]! += count;
  }
  const maxY = niceMax(Math.max(0, ...counts));
  const width = (WIDTH - LEFT - RIGHT) / columns;
  const drawn = counts.map((count, column) => {
    if (count === 0) return '';
    const y = toY(count / maxY);
    return `<rect x="${toX(column / columns)}" y="${y}" width="${(width - 0.5).toFixed(1)}" height="${(HEIGHT - BOTTOM - y).toFixed(1)}" fill="${colour}"/>`;
  });
  const ticks = [0.1, 1, 10, 100, 1000, 10_000]
    .filter((x) => x <= maxX)
    .map((x) => `<text x="${toX(place(x))}" y="${HEIGHT - 18}" text-anchor="middle">${x}</text>`);
  const unit = `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">${escaped(unitX)}</text>`;
  return frame(title, `${rules(maxY)}${ticks.join('')}${unit}${drawn.join('')}`);
}

function axes(maxX: number, maxY: number, unitX: string, unitY: string): string {
  const ticks = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const x = (maxX * tick) / TICKS;
    return `<text x="${toX(tick / TICKS)}" y="${HEIGHT - 18}" text-anchor="middle">${shown(x)}</text>`;
  });
  return `${rules(maxY)}${ticks.join('')}<text x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">${escaped(unitX)}</text><text x="4" y="${TOP - 6}">${escaped(unitY)}</text>`;
}

function rules(maxY: number): string {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const y = toY(tick / TICKS);
    const label = `<text x="${LEFT - 6}" y="${y + 4}" text-anchor="end">${shown((maxY * tick) / TICKS)}</text>`;
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="#8884"/>${label}`;
  }).join('');
}

function frame(title: string, inside: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><text x="${LEFT}" y="18" class="title">${escaped(title)}</text>${inside}</svg>`;
}

function toX(ratio: number): number {
  return round(LEFT + ratio * (WIDTH - LEFT - RIGHT));
}

function toY(ratio: number): number {
  return round(HEIGHT - BOTTOM - ratio * (HEIGHT - TOP - BOTTOM));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** 1, 2 or 5 times a power of ten, at or above. */
function niceMax(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((step) => step * power >= value) ?? 10);
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
