/** Real calls, and the traces that a collector gets of them. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { speak } from '../support/caller-speech.ts';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

async function started(environment: Readonly<Record<string, string>> = {}) {
  const collector = await OtlpReceiver.listen();
  onTestFinished(() => collector.close());
  const rig = await TrunklineRig.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20key',
    ...environment,
  });
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await rig.close();
    isClosed = true;
  };
  onTestFinished(close);
  return { collector, rig, close };
}

const named = (spans: readonly ReceivedSpan[], name: string) => spans.filter((span) => span.name === name);

function isWithin(inner: ReceivedSpan, outer: ReceivedSpan): boolean {
  return inner.startMs >= outer.startMs && inner.endMs <= outer.endMs;
}

async function scraped(rig: TrunklineRig, sample: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${rig.trunkline.port}/metrics`);
  const text = await response.text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.slice(sample.length + 1),
  );
}

describe('a call with a collector', () => {
  it('is one trace: the call, its turns, and what each took its time for', async () => {
    const { collector, rig, close } = await started();
    const yes = await speak('yes');
    const { call, finished } = rig.place({ answers: { first: yes, second: '1' } });
    const { record } = await finished;
    expect(record.outcome).toBe('both');
    await close();

    expect(collector.complaints).toEqual([]);
    expect(collector.headers[0]).toMatchObject({ 'x-key': 'a key' });
    const { spans } = collector;
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    const [root, ...others] = named(spans, 'call');
    expect(others).toEqual([]);
    expect(root).toMatchObject({
      parentSpanId: undefined,
      isError: false,
      attributes: {
        'trunkline.call_sid': call.callSid,
        'trunkline.end_reason': 'completed',
        'trunkline.outcome': 'both',
        'trunkline.turns': 2,
      },
      resource: { 'service.name': 'trunkline' },
    });
    const turns = named(spans, 'turn').sort((a, b) => a.startMs - b.startMs);
    expect(turns.map(({ attributes }) => attributes)).toMatchObject([
      { 'trunkline.turn_index': 0, 'trunkline.node_id': 'first', 'trunkline.turn_end': 'speech' },
      { 'trunkline.turn_index': 1, 'trunkline.node_id': 'second', 'trunkline.turn_end': 'digits' },
    ]);
    expect(turns[0]?.attributes['trunkline.endpointing_ms']).toBe(400);
    for (const turn of turns) {
      expect(turn.parentSpanId).toBe(root?.spanId);
      expect(isWithin(turn, root!)).toBe(true);
    }
    const partsOf = (turn: ReceivedSpan | undefined) =>
      spans.filter(({ parentSpanId }) => parentSpanId === turn?.spanId);
    expect(partsOf(turns[0]).map(({ name }) => name)).toEqual(['transcribe', 'step', 'synthesize']);
    expect(partsOf(turns[1]).map(({ name }) => name)).toEqual(['step', 'synthesize']);
    for (const turn of turns) for (const part of partsOf(turn)) expect(isWithin(part, turn)).toBe(true);
    expect(named(spans, 'transcribe')[0]?.attributes).toEqual({ 'trunkline.vendor': 'builtin' });
    expect(named(spans, 'step').every(({ attributes }) => 'trunkline.commit_durable' in attributes)).toBe(
      true,
    );
  });

  it('tells nothing of what its caller said, dialled or is', async () => {
    const { collector, rig, close } = await started();
    await rig.place({ answers: { first: await speak('yes'), second: '2' }, from: '+12025550199' }).finished;
    await close();
    expect(collector.spans.length).toBeGreaterThan(3);
    expect(collector.bodies.join()).not.toMatch(/\+1\d{10}|2025550|stringValue":"(?:yes|no|1|2|true|false)"/);
  });
});

describe('a collector that is down', () => {
  it('costs calls nothing, neither those before a send failed nor those after', async () => {
    const { collector, rig } = await started();
    collector.reply = () => ({ status: 503 });
    const place = () => rig.place({ answers: { first: '1', second: '1' } });
    const first = place();
    expect((await first.finished).record.outcome).toBe('both');
    expect((await first.call.ended).errors).toEqual([]);
    await vi.waitFor(() => expect(collector.requests).toBeGreaterThan(0), { timeout: 15_000, interval: 100 });
    await collector.close();
    const second = place();
    expect((await second.finished).record.outcome).toBe('both');
    expect((await second.call.ended).errors).toEqual([]);
    expect(await scraped(rig, 'trunkline_trace_spans_total{result="exported"}')).toBe(0);
  });

  it('refuses: what it does not take is dropped and counted', async () => {
    const { collector, rig } = await started();
    collector.reply = () => ({ status: 403 });
    await rig.place({ answers: { first: '1', second: '1' } }).finished;
    await vi.waitFor(
      async () => expect(await scraped(rig, 'trunkline_trace_spans_total{result="dropped"}')).toBe(7),
      { timeout: 15_000, interval: 100 },
    );
  });
});
