import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { GapCounts } from '../../../src/media/gap-counts.ts';
import { VoiceCounts } from '../../../src/server/voice-counts.ts';
import { MeterBoard } from '../../../src/telemetry/meter-board.ts';
import { type MetricSources, registerMetrics } from '../../../src/telemetry/metrics.ts';
import { parseExposition } from '../../support/exposition.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

function sourcesWith(more: Partial<MetricSources> = {}): MetricSources {
  return {
    meters: new MeterBoard(),
    turns: { beginnings: { new: 0, returned: 0, moved: 0 } },
    liveCalls: () => 3,
    slots: () => ({ inUse: 4, most: 1000 }),
    voiceCounts: new VoiceCounts(),
    ends: new Map(),
    gaps: new GapCounts(),
    workers: { readyCount: 2, workerCount: 2, startedCount: 2, lostCount: 0 },
    vendors: () => ({ down: {}, requests: [] }),
    store: () => ({ engine: 'sqlite', isAlive: true, isDurable: true, deferredCommits: 0, lostWrites: 0 }),
    faults: () => [],
    lostLogLines: () => 0,
    ...more,
  };
}

async function scrape(sources: MetricSources) {
  const registry = new Registry();
  registerMetrics(registry, sources);
  return parseExposition(await registry.metrics());
}

describe('the metrics', () => {
  it('stand in the README with their type and meaning, every one and no other', async () => {
    const { helps, types } = await scrape(sourcesWith());
    const documented = [...readme.matchAll(/^\| `(trunkline_\w+)` \| (\w+) \| (.+) \|$/gm)];
    expect(documented.map(([, name, type, help]) => [name, type, help]).sort()).toEqual(
      [...types].map(([name, type]) => [name, type, helps.get(name)]).sort(),
    );
  });

  it('are named in the manner of Prometheus', async () => {
    const { types } = await scrape(sourcesWith());
    for (const [name, type] of types) {
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(name).not.toMatch(/_ms\b|_millis/);
    }
  });

  it('add up what several threads counted, in seconds, and keep the loops of threads apart', async () => {
    const meters = new MeterBoard();
    for (const [thread, stepMs] of [
      ['worker-0', 4],
      ['worker-1', 700],
    ] as const) {
      meters.of(thread).of('step').observeMs(stepMs);
      meters.of(thread).of('loopDelay').observeMs(stepMs);
      meters.of(thread).add('commitsDeferred');
    }
    const { samples } = await scrape(sourcesWith({ meters }));
    expect(samples.get('trunkline_turn_part_seconds_bucket{le="0.005",part="step"}')).toBe(1);
    expect(samples.get('trunkline_turn_part_seconds_count{part="step"}')).toBe(2);
    expect(samples.get('trunkline_turn_part_seconds_sum{part="step"}')).toBeCloseTo(0.704, 9);
    expect(samples.get('trunkline_event_loop_delay_seconds_sum{thread="worker-1"}')).toBe(0.7);
    expect(samples.get('trunkline_store_commits_total{result="deferred"}')).toBe(2);
  });

  it('tell vendors apart by role, name and outcome', async () => {
    const { samples } = await scrape(
      sourcesWith({
        vendors: () => ({
          down: { 'synthesizer elevenlabs': { threads: 1 } },
          requests: [{ role: 'recognizer', provider: 'openai', outcome: 'late', requests: 7 }],
        }),
      }),
    );
    expect(
      samples.get('trunkline_vendor_requests_total{outcome="late",role="recognizer",vendor="openai"}'),
    ).toBe(7);
    expect(samples.get('trunkline_vendor_down_threads{role="synthesizer",vendor="elevenlabs"}')).toBe(1);
  });
});
