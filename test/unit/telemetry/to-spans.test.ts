import { describe, expect, it } from 'vitest';
import type { TracedCall, TracedTurn } from '../../../src/channel/trace-messages.ts';
import { toSpans } from '../../../src/telemetry/to-spans.ts';

const ID = { callSid: `CA${'3'.repeat(32)}`, attempt: 0, move: 0 };
const CALL: TracedCall = {
  kind: 'call',
  id: ID,
  fromWallMs: 1000,
  toWallMs: 9000,
  reason: 'completed',
  outcome: 'eligible',
  turns: 1,
};
const TURN: TracedTurn = {
  kind: 'turn',
  id: ID,
  fromWallMs: 2000,
  toWallMs: 6000,
  turnIndex: 0,
  nodeId: 'willing',
  how: 'recognizer failed',
  endpointingMs: 700,
  transcribe: { fromWallMs: 4000, toWallMs: 5000, provider: 'openai', isOk: false },
  step: { fromWallMs: 5000, toWallMs: 5010, isDurable: false },
  synthesize: { fromWallMs: 5010, toWallMs: 6000 },
};

describe('the spans of a call', () => {
  it('are one tree: call > turn > transcribe | step | synthesize', () => {
    const [call] = toSpans(CALL);
    const [turn, ...parts] = toSpans(TURN);
    expect(call?.parentId).toBeNull();
    expect(turn).toMatchObject({ name: 'turn', parentId: call?.spanId, fromWallMs: 2000, toWallMs: 6000 });
    expect(parts.map(({ name, parentId }) => [name, parentId])).toEqual(
      ['transcribe', 'step', 'synthesize'].map((name) => [name, turn?.spanId]),
    );
    expect(new Set([call, turn, ...parts].map((span) => span?.traceId)).size).toBe(1);
    expect(new Set([call, turn, ...parts].map((span) => span?.spanId)).size).toBe(5);
  });

  it('say what failed', () => {
    expect(toSpans(TURN).map(({ isError }) => isError)).toEqual([true, true, false, false]);
    expect(toSpans(TURN)[2]?.attributes).toEqual({ 'trunkline.commit_durable': false });
    for (const [reason, isError] of [
      ['completed', false],
      ['caller hung up', false],
      ['worker failed', true],
    ] as const)
      expect(toSpans({ ...CALL, reason })[0]?.isError).toBe(isError);
  });

  it('are those of one trace wherever the call goes on, below its first beginning', () => {
    const [first] = toSpans(CALL);
    for (const id of [
      { ...ID, move: 1 },
      { ...ID, attempt: 2 },
    ]) {
      const [later] = toSpans({ ...CALL, id });
      expect(later).toMatchObject({ traceId: first?.traceId, parentId: first?.spanId });
      expect(toSpans({ ...TURN, id })[0]?.parentId).toBe(later?.spanId);
    }
  });

  it('leave out what there was none of', () => {
    const open = { ...TURN, how: null, endpointingMs: null, transcribe: null, step: null, synthesize: null };
    expect(toSpans(open).map(({ attributes }) => attributes['trunkline.turn_end'])).toEqual(['call ended']);
  });

  it('are of another trace for another call', () => {
    const other = { ...ID, callSid: `CA${'4'.repeat(32)}` };
    expect(toSpans({ ...CALL, id: other })[0]?.traceId).not.toBe(toSpans(CALL)[0]?.traceId);
  });
});
