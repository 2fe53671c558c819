import { describe, expect, it } from 'vitest';
import type { CallTrail } from '../../../../src/server/board/board-calls.ts';
import { toCallView } from '../../../../src/server/board/call-view.ts';
import type { CallRecord, CallTurn } from '../../../../src/store/call-store.ts';

const RECORD: CallRecord = {
  callSid: `CA${'1'.repeat(32)}`,
  direction: 'inbound',
  attempt: 0,
  from: '+12025550147',
  to: '+12025550100',
  flowHash: 'f',
  startedAtWallMs: 1_000_000,
  endedAtWallMs: 1_030_000,
  endReason: 'completed',
  outcome: 'eligible',
  answers: { adult: true, zip: '94110' },
  transfer: null,
  transferStatus: null,
  state: null,
};

const turn = (more: Partial<CallTurn> = {}): CallTurn => ({
  listenId: 1,
  nodeId: 'adult',
  askedAtWallMs: 1_000_100,
  answeredAtWallMs: 1_004_000,
  how: 'speech',
  heard: 'yes I am 94110',
  value: true,
  playout: { sentMs: 2000, heardMs: 2000, answerBeganAtWallMs: 1_002_500 },
  ...more,
});

const TRAIL: CallTrail = { isLive: true, asked: null, moments: [] };

interface Shown {
  readonly record?: Partial<CallRecord>;
  readonly turns?: readonly CallTurn[];
  readonly trail?: CallTrail | null;
  readonly showsWords?: boolean;
}

function view({ record = {}, showsWords = false, trail = null, turns = [] }: Shown) {
  const textOf = (node: string) => (node === 'adult' ? 'Are you {{age}}?' : '');
  return toCallView({ record: { ...RECORD, ...record }, turns, trail, showsWords, textOf });
}

const lines = (shown: Shown) =>
  view(shown).timeline.map(({ atMs, durationMs, kind, text }) =>
    [atMs, kind, text, durationMs].filter((part) => part !== undefined).join(' '),
  );

describe('the view of one call', () => {
  it('holds its record, with numbers masked', () => {
    expect(view({})).toMatchObject({
      channel: 'phone',
      from: '+1•••••••147',
      state: 'ended',
      startedAtMs: 1_000_000,
      endedAtMs: 1_030_000,
      outcome: 'eligible',
      endReason: 'completed',
      answers: [
        { node: 'adult', value: 'true' },
        { node: 'zip', value: '•••••' },
      ],
    });
  });

  it('shows words and numbers that callers gave only where that is allowed', () => {
    const turns = [turn()];
    expect(JSON.stringify(view({ turns }))).not.toMatch(/yes I am|94110|2025550147/);
    const shown = JSON.stringify(view({ turns, showsWords: true }));
    expect(shown).toContain('yes I am 94110');
    expect(shown).toContain('"value":"94110"');
  });

  it('tells a spoken turn: prompt as the flow writes it, speech, answer, end', () => {
    expect(lines({ turns: [turn()] })).toEqual([
      '100 prompt Are you {{age}}? 2000',
      '2500 speech ••• 1500',
      '4000 answer adult = true',
      '30000 ended completed',
    ]);
  });

  it('tells that the caller spoke over a prompt', () => {
    const playout = { sentMs: 2000, heardMs: 900, answerBeganAtWallMs: 1_001_000 };
    expect(lines({ turns: [turn({ playout })] }).slice(1, 3)).toEqual([
      '1000 barge-in adult',
      '1000 speech ••• 3000',
    ]);
  });

  it.each([
    ['digits', turn({ how: 'digits', heard: '1' }), ['2500 digits •••', '4000 answer adult = true']],
    [
      'silence',
      turn({
        how: 'no input',
        heard: null,
        value: null,
        playout: { sentMs: 2000, heardMs: 2000, answerBeganAtWallMs: null },
      }),
      ['4000 no-input adult'],
    ],
    [
      'what was not understood',
      turn({ how: 'not understood', value: null }),
      ['2500 speech ••• 1500', '4000 no-match adult'],
    ],
    [
      'a recognizer that failed',
      turn({ how: 'recognizer failed', heard: null, value: null }),
      ['2500 speech  1500', '4000 vendor the recognizer failed'],
    ],
  ])('tells %s', (_what, of, expected) => {
    expect(lines({ turns: [of] }).slice(1, -1)).toEqual(expected);
  });

  it('tells of a live call the question that is open, which no record has yet', () => {
    const live = { endReason: null, endedAtWallMs: null, outcome: null };
    const trail = { ...TRAIL, asked: { node: 'age', atWallMs: 1_004_500 } };
    expect(view({ record: { ...live, direction: 'outbound' }, trail })).toMatchObject({
      from: '+1•••••••100',
    });
    expect(view({ record: { ...live, from: 'browser' }, trail })).toMatchObject({
      state: 'live',
      channel: 'browser',
      endedAtMs: null,
    });
    expect(lines({ record: live, trail, turns: [turn()] }).at(-1)).toBe('4500 prompt age');
    const known = { ...TRAIL, asked: { node: 'adult', atWallMs: 1_000_100 } };
    expect(lines({ record: live, trail: known, turns: [turn()] })).toHaveLength(3);
  });

  it('tells in order what the node saw beside the record', () => {
    const moments = [
      { atWallMs: 1_004_600, kind: 'vendor', text: 'understood in 412 ms', durationMs: 412 },
      { atWallMs: 1_006_000, kind: 'resumed', text: 'on a new stream' },
    ] as const;
    expect(lines({ turns: [turn()], trail: { ...TRAIL, isLive: false, moments } }).slice(2)).toEqual([
      '4000 answer adult = true',
      '4600 vendor understood in 412 ms 412',
      '6000 resumed on a new stream',
      '30000 ended completed',
    ]);
  });
});
