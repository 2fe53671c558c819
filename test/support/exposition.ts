/**
 * Prometheus' text format 0.0.4, read as strictly as its specification is written, and histograms held to what they must
 * be. Throws at the first thing that is wrong.
 */

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/;
const NUMBER = /^(?:[-+]?(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|Inf)|NaN)$/;
const COMMENT = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;

export interface Exposition {
  /** Name -> type. */
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  /** `name{a="b",c="d"}`, labels in order of their names -> value. */
  readonly samples: ReadonlyMap<string, number>;
}

export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  const samples = new Map<string, number>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const comment = COMMENT.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      const known = kind === 'HELP' ? helps : types;
      if (known.has(name)) throw new Error(`a second ${kind}: ${line}`);
      if (kind === 'TYPE' && name !== family) throw new Error(`no HELP before ${line}`);
      known.set(name, rest);
      family = name;
      continue;
    }
    const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? raise(line);
    if (!NUMBER.test(value)) raise(line);
    if (familyOf(name, types) !== family) throw new Error(`outside of its family: ${line}`);
    const key = keyOf(name, readLabels(labels, line));
    if (samples.has(key)) throw new Error(`twice: ${line}`);
    samples.set(key, toNumber(value));
  }
  for (const [name, type] of types) if (type === 'histogram') checkHistogram(name, samples);
  return { types, helps, samples };
}

function raise(line: string): never {
  throw new Error(`no sample: ${line}`);
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, '');
  return types.get(base) === 'histogram' || types.get(base) === 'summary' ? base : name;
}

function readLabels(text: string, line: string): Map<string, string> {
  const labels = new Map<string, string>();
  for (let rest = text; rest !== ''; ) {
    const [whole, name = '', value = ''] = LABEL.exec(rest) ?? raise(line);
    if (labels.has(name)) raise(line);
    labels.set(name, value);
    rest = rest.slice(whole.length);
  }
  return labels;
}

function keyOf(name: string, labels: ReadonlyMap<string, string>): string {
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0
    ? name
    : `${name}{${sorted.map(([key, value]) => `${key}="${value}"`).join(',')}}`;
}

function toNumber(value: string): number {
  if (value.endsWith('Inf'))
    return value.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(value);
}

/** Cumulative buckets in order, one of them infinite and equal to the count; a sum for each. */
function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const series = new Map<string, [le: number, count: number][]>();
  for (const [key, count] of samples) {
    const le = /\ble="([^"]*)"/.exec(key)?.[1];
    if (!key.startsWith(`${name}_bucket{`)) continue;
    if (le === undefined) throw new Error(`a bucket without le: ${key}`);
    const others = key
      .slice(`${name}_bucket`.length)
      .replace(/le="[^"]*",?/, '')
      .replace(',}', '}')
      .replace('{}', '');
    const buckets = series.get(others) ?? [];
    buckets.push([toNumber(le), count]);
    series.set(others, buckets);
  }
  for (const [labels, buckets] of series) {
    for (const [index, [le, count]] of buckets.entries()) {
      const [lastLe, lastCount] = buckets[index - 1] ?? [Number.NEGATIVE_INFINITY, 0];
      if (le <= lastLe || count < lastCount) throw new Error(`buckets of ${name}${labels} are out of order`);
    }
    const last = buckets.at(-1);
    if (last?.[0] !== Number.POSITIVE_INFINITY || last[1] !== samples.get(`${name}_count${labels}`))
      throw new Error(`the count of ${name}${labels} is not that of its last bucket`);
    if (!samples.has(`${name}_sum${labels}`)) throw new Error(`no sum of ${name}${labels}`);
  }
}
