import { describe, expect, it, onTestFinished } from 'vitest';
import { OtlpPost } from '../../../src/telemetry/otlp-post.ts';
import type { Span } from '../../../src/telemetry/span.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { keptLog } from '../../support/silent-log.ts';

const SPAN: Span = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentId: null,
  name: 'call',
  fromWallMs: 1_795_678_901_234.567,
  toWallMs: 1_795_678_902_000,
  attributes: { text: 'a', whole: 3, part: 0.5, is: true },
  isError: true,
};

async function rig() {
  const receiver = await OtlpReceiver.listen();
  onTestFinished(() => receiver.close());
  const { log, lines } = keptLog();
  const post = new OtlpPost({
    url: `${receiver.endpoint}/v1/traces`,
    headers: { 'x-key': 'collector-secret' },
    resource: { serviceName: 'bot', nodeId: 'node-1' },
    log,
  });
  return { receiver, post, lines };
}

describe('a batch', () => {
  it('is OTLP as a strict collector takes it, with the headers that were asked for', async () => {
    const { receiver, post } = await rig();
    const child = { ...SPAN, spanId: 'c'.repeat(16), parentId: SPAN.spanId, name: 'turn', isError: false };
    expect(await post.send([SPAN, child])).toEqual({ kind: 'taken', rejected: 0 });
    expect(receiver.complaints).toEqual([]);
    expect(receiver.headers[0]).toMatchObject({ 'x-key': 'collector-secret' });
    expect(receiver.spans[0]).toEqual({
      traceId: SPAN.traceId,
      spanId: SPAN.spanId,
      parentSpanId: undefined,
      name: 'call',
      kind: 2,
      startMs: SPAN.fromWallMs,
      endMs: SPAN.toWallMs,
      attributes: SPAN.attributes,
      isError: true,
      resource: { 'service.name': 'bot', 'service.instance.id': 'node-1' },
    });
    expect(receiver.spans[1]).toMatchObject({ parentSpanId: SPAN.spanId, kind: 1, isError: false });
  });

  it('never ends before it began, though a clock was set back', async () => {
    const { receiver, post } = await rig();
    await post.send([{ ...SPAN, toWallMs: SPAN.fromWallMs - 5 }]);
    expect(receiver.complaints).toEqual([]);
    expect(receiver.spans[0]?.endMs).toBe(SPAN.fromWallMs);
  });

  it.each<[object, object]>([
    [
      { status: 200, body: '{"partialSuccess":{"rejectedSpans":"2"}}' },
      { kind: 'taken', rejected: 2 },
    ],
    [
      { status: 200, body: 'not json' },
      { kind: 'taken', rejected: 0 },
    ],
    [
      { status: 200, body: '' },
      { kind: 'taken', rejected: 0 },
    ],
    [{ status: 400 }, { kind: 'refused' }],
    [{ status: 401 }, { kind: 'refused' }],
    [
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      { kind: 'later', afterMs: null },
    ],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'later', afterMs: 7000 },
    ],
    [
      { status: 503, headers: { 'retry-after': '86400' } },
      { kind: 'later', afterMs: 30_000 },
    ],
    [{ status: 503 }, { kind: 'later', afterMs: null }],
  ])('that is answered with %o is %o', async (reply, outcome) => {
    const { receiver, post } = await rig();
    receiver.reply = () => reply as { status: number };
    expect(await post.send([SPAN])).toEqual(outcome);
  });
});

it('does not follow where a collector sends it: the headers are for that one only', async () => {
  const { receiver, post } = await rig();
  const other = await OtlpReceiver.listen();
  onTestFinished(() => other.close());
  const location = `${other.endpoint}/v1/traces`;
  receiver.reply = () => ({ status: 307, headers: { location } });
  expect(await post.send([SPAN])).toEqual({ kind: 'later', afterMs: null });
  expect(other.requests).toBe(0);
});

describe('a collector that does not answer', () => {
  it('is told of once, with no secret, until it is well again', async () => {
    const { receiver, post, lines } = await rig();
    receiver.reply = () => ({ status: 503 });
    await post.send([SPAN]);
    await post.send([SPAN]);
    receiver.reply = () => ({ status: 200, body: '{}' });
    await post.send([SPAN]);
    await receiver.close();
    expect(await post.send([SPAN])).toEqual({ kind: 'later', afterMs: null });
    expect(lines().map(({ event }) => event)).toEqual(['trace.not-exported', 'trace.not-exported']);
    expect(JSON.stringify(lines())).not.toContain('collector-secret');
  });
});
