/** Real calls, and what a scrape says of them. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const TOKEN = 'a-metrics-token-of-tests';

let rig: TrunklineRig;
let before: Exposition;
let after: Exposition;

async function scrape(): Promise<Exposition> {
  const response = await fetch(`http://127.0.0.1:${rig.trunkline.port}/metrics`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
}

/** By how much it grew over the calls. */
function grown(sample: string): number {
  return (after.samples.get(sample) ?? 0) - (before.samples.get(sample) ?? 0);
}

beforeAll(async () => {
  rig = await TrunklineRig.start({ METRICS_TOKEN: TOKEN, MAX_CALLS: '3' });
  const yes = await speak('yes');
  before = await scrape();
  const placed = [
    rig.place({ answers: { first: yes, second: yes } }),
    rig.place({ answers: { first: yes, second: '1' } }),
    rig.place({ caller: { onAudioStart: (caller) => caller.press('1') }, answers: { second: '2' } }),
  ];
  await vi.waitFor(() => expect(rig.trunkline.server.directory.liveCount).toBe(3), 5000);
  await rig.place().call.ended;
  const finished = await Promise.all(placed.map((each) => each.finished));
  expect(finished.map(({ record }) => record.endReason)).toEqual(['completed', 'completed', 'completed']);
  await rig.nothingIsLeft();
  after = await scrape();
}, 60_000);

afterAll(() => rig.close());

describe('a scrape after calls', () => {
  it('counts who was let in, who was refused, and how streams ended', () => {
    expect(grown('trunkline_calls_admitted_total')).toBe(3);
    expect(grown('trunkline_calls_refused_total{reason="full"}')).toBe(1);
    expect(grown('trunkline_calls_refused_total{reason="draining"}')).toBe(0);
    expect(grown('trunkline_calls_begun_total{how="new"}')).toBe(3);
    expect(grown('trunkline_calls_begun_total{how="moved"}')).toBe(0);
    expect(grown('trunkline_streams_ended_total{reason="completed"}')).toBe(3);
    expect(after.samples.get('trunkline_calls_active')).toBe(0);
    expect(after.samples.get('trunkline_slots')).toBe(3);
    expect(after.samples.get('trunkline_slots_in_use')).toBe(0);
  });

  it('times each answer that was spoken, and its parts, and none that was dialled', () => {
    expect(grown('trunkline_turn_latency_seconds_count')).toBe(3);
    expect(grown('trunkline_turn_part_seconds_count{part="endpointing"}')).toBe(3);
    expect(grown('trunkline_turn_part_seconds_sum{part="endpointing"}')).toBeCloseTo(3 * 0.4, 6);
    expect(grown('trunkline_turn_part_seconds_count{part="recognizer"}')).toBe(3);
    expect(grown('trunkline_turn_part_seconds_count{part="first_audio"}')).toBe(3);
    const latency = grown('trunkline_turn_latency_seconds_sum');
    expect(latency).toBeGreaterThan(3 * 0.4);
    expect(latency).toBeLessThan(3 * 3);
  });

  it('counts every step and commit of every turn, each once', () => {
    expect(grown('trunkline_turn_part_seconds_count{part="step"}')).toBe(6);
    const commits = ['durable', 'deferred'].map((result) =>
      grown(`trunkline_store_commits_total{result="${result}"}`),
    );
    expect(commits[0]! + commits[1]!).toBe(grown('trunkline_store_commit_seconds_count'));
    // The beginning, two answers, the end.
    expect(commits[0]! + commits[1]!).toBeGreaterThanOrEqual(3 * 3);
    expect(grown('trunkline_store_transaction_seconds_count')).toBeGreaterThan(0);
  });

  it('shows the workers, and the loop of every thread', () => {
    expect(after.samples.get('trunkline_workers_ready')).toBe(2);
    expect(after.samples.get('trunkline_workers_wanted')).toBe(2);
    expect(grown('trunkline_workers_lost_total')).toBe(0);
    for (const thread of ['io', 'store', 'voice', 'worker-0', 'worker-1'])
      expect(grown(`trunkline_event_loop_delay_seconds_count{thread="${thread}"}`)).toBeGreaterThan(1);
    expect(grown('trunkline_timer_lateness_seconds_count')).toBeGreaterThan(10);
  });

  it('shows the process: CPU, memory, heap; and no loop of which only one thread knows', () => {
    expect(grown('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(after.samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(after.samples.get('nodejs_heap_size_used_bytes')).toBeGreaterThan(0);
    expect([...after.types.keys()].filter((name) => name.includes('eventloop_lag'))).toEqual([]);
  });

  it('names no call and no caller', () => {
    for (const sample of after.samples.keys()) expect(sample).not.toMatch(/CA[0-9a-f]{32}|\+1\d{10}/);
  });
});

describe('who may scrape', () => {
  const url = () => `http://127.0.0.1:${rig.trunkline.port}/metrics`;

  it.each([
    ['without a token', undefined],
    ['with another token', `Bearer ${TOKEN}x`],
    ['by another scheme', `Basic ${TOKEN}`],
  ])('nobody %s', async (_who, authorization) => {
    const response = await fetch(url(), { headers: authorization === undefined ? {} : { authorization } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="metrics"');
    expect(await response.text()).not.toContain('trunkline_');
  });
});
