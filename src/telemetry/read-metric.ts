/**
 * A metric whose values are kept elsewhere, as plain fields, and read when somebody scrapes: what prom-client's registry
 * writes out, without prom-client's own bookkeeping per observation. I/O thread.
 */
import type { Metric, Registry } from 'prom-client';
import { BOUNDS_MS, type Histogram } from '../meter/histogram.ts';

export type Labels = Readonly<Record<string, string>>;
export type Value = readonly [value: number, labels?: Labels];
/** Histograms that are added up. */
export type Distribution = readonly [of: readonly Histogram[], labels?: Labels];

export interface MetricNames {
  readonly name: string;
  readonly help: string;
}

interface Sample {
  readonly metricName: string;
  readonly value: number;
  readonly labels: Record<string, string>;
}

export function counter(registry: Registry, names: MetricNames, read: () => readonly Value[]): void {
  register(registry, names, 'counter', () => samplesOf(names.name, read()));
}

export function gauge(registry: Registry, names: MetricNames, read: () => readonly Value[]): void {
  register(registry, names, 'gauge', () => samplesOf(names.name, read()));
}

/** In seconds, as Prometheus wants it. */
export function histogram(registry: Registry, names: MetricNames, read: () => readonly Distribution[]): void {
  register(registry, names, 'histogram', () =>
    read().flatMap((distribution) => bucketsOf(names.name, distribution)),
  );
}

function register(
  registry: Registry,
  names: MetricNames,
  type: 'counter' | 'gauge' | 'histogram',
  read: () => readonly Sample[],
): void {
  const metric = {
    ...names,
    type,
    aggregator: 'sum',
    get: async () => ({ ...names, type, aggregator: 'sum', values: read() }),
    reset: () => {},
  };
  // All that a registry asks of a metric (its types say more than it does).
  registry.registerMetric(metric as unknown as Metric);
}

function samplesOf(metricName: string, values: readonly Value[]): readonly Sample[] {
  return values.map(([value, labels = {}]) => ({ metricName, value, labels: { ...labels } }));
}

function bucketsOf(name: string, [histograms, labels = {}]: Distribution): readonly Sample[] {
  const counts = histograms.map((each) => each.counts);
  const ends = [...BOUNDS_MS.map((boundMs) => String(boundMs / 1000)), '+Inf'];
  let total = 0;
  const buckets = ends.map((le, index): Sample => {
    for (const each of counts) total += each[index] ?? 0;
    return { metricName: `${name}_bucket`, value: total, labels: { ...labels, le } };
  });
  const sumMs = histograms.reduce((sum, each) => sum + each.sumMs, 0);
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: sumMs / 1000, labels: { ...labels } },
    { metricName: `${name}_count`, value: total, labels: { ...labels } },
  ];
}
