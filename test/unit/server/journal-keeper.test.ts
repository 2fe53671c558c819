import { expect, it } from 'vitest';
import type { CallStart, ToCall } from '../../../src/channel/messages.ts';
import { JournalKeeper } from '../../../src/server/journal-keeper.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { CALL_SID, STREAM_SID } from '../../support/media-fakes.ts';
import { MemoryRecordFiles } from '../../support/memory-record-files.ts';

const LIMITS = { audioWaitMaxMs: 1000, callMaxMs: 2000, goodbyePromptKey: null };
const NAME = `${CALL_SID}-0`;

function rig() {
  const clock = new FakeClock();
  const files = new MemoryRecordFiles();
  const posted: ToCall[] = [];
  const keeper = new JournalKeeper({
    clock,
    files,
    about: { build: '0.1.0 (abc)', isa: 'scalar', recognizers: ['builtin'] },
  });
  const workers = keeper.placing({
    place: () => {},
    post: (message) => posted.push(message),
    release: () => {},
  });
  const journal = keeper.open({ callSid: CALL_SID, attempt: 0 }, LIMITS)!;
  const call: CallStart = {
    callSid: CALL_SID,
    streamSid: STREAM_SID,
    attempt: 0,
    move: 0,
    from: '',
    to: '',
    playFormat: 'mulaw-8000',
    state: null,
  };
  const hooks = journal.watching({ onStart: () => {}, post: () => {}, onEnd: () => {} });
  return {
    clock,
    files,
    posted,
    keeper,
    journal,
    begin: (move = 0) => workers.post({ kind: 'call.started', callId: 7, call: { ...call, move } }),
    post: (message: ToCall) => workers.post(message),
    moves: () => workers.place(7, 'shared', () => {}),
    lineComes: (line: string, isLast = false) => keeper.take({ kind: 'recorded', callId: 7, line, isLast }),
    streamEnds: () => hooks.onEnd('completed', { kind: 'hangup' }),
    rows: () => files.rows(NAME),
    isFinished: () => files.finished.includes(NAME),
    hasEnd: () => files.rows(NAME).at(-1)?.['end'] === true,
  };
}

it('begins with the head, and tells the call how long its stream has been open', () => {
  const { begin, clock, posted, rows } = rig();
  clock.advanceMs(120);
  begin();
  expect(rows()[0]).toMatchObject({
    record: 'trunkline call',
    version: 1,
    callSid: CALL_SID,
    limits: LIMITS,
  });
  expect(rows()[1]).toMatchObject({ at: 120, plane: 'media', kind: 'call.started', run: 0 });
  expect(posted).toMatchObject([{ kind: 'call.started', call: { recordedFromMs: 120 } }]);
});

it("puts the call's lines where they come, and passes other messages on as they are", () => {
  const { begin, lineComes, post, posted, rows } = rig();
  begin();
  lineComes('{"plane":"call"}');
  const message: ToCall = { kind: 'digit', callId: 7, digit: '1', atStreamMs: 0 };
  post(message);
  expect(rows().at(-1)).toEqual({ plane: 'call' });
  expect(posted[1]).toBe(message);
});

it('ends when the stream has ended and the call has said its last', () => {
  const { begin, hasEnd, isFinished, lineComes, streamEnds } = rig();
  begin();
  streamEnds();
  expect(isFinished()).toBe(false);
  lineComes('{"kind":"closed"}', true);
  expect([isFinished(), hasEnd()]).toEqual([true, true]);
});

it('waits for each worker that had the call', () => {
  const { begin, isFinished, lineComes, streamEnds } = rig();
  begin();
  begin(1);
  lineComes('{"kind":"closed"}', true);
  streamEnds();
  expect(isFinished()).toBe(false);
  lineComes('{"kind":"closed"}', true);
  expect(isFinished()).toBe(true);
});

it('waits for no worker that was lost before the call moved on', () => {
  const { begin, isFinished, lineComes, moves, streamEnds } = rig();
  begin();
  moves();
  begin(1);
  streamEnds();
  expect(isFinished()).toBe(false);
  lineComes('{"kind":"closed"}', true);
  expect(isFinished()).toBe(true);
});

it('waits 5 s for a worker that is lost, and no longer', () => {
  const { begin, clock, hasEnd, isFinished, lineComes, rows, streamEnds } = rig();
  begin();
  streamEnds();
  clock.advanceMs(4999);
  expect(isFinished()).toBe(false);
  clock.advanceMs(1);
  expect([isFinished(), hasEnd()]).toEqual([true, true]);
  const before = rows().length;
  lineComes('{"late":true}');
  expect(rows()).toHaveLength(before);
  expect(clock.pendingTimers()).toBe(0);
});

it('ends at once for a stream that never became a call', () => {
  const { hasEnd, streamEnds } = rig();
  streamEnds();
  expect(hasEnd()).toBe(true);
});

it('breaks off without an end where the process ends before the stream', () => {
  const { begin, hasEnd, isFinished, keeper } = rig();
  begin();
  keeper.close();
  keeper.close();
  expect([isFinished(), hasEnd()]).toEqual([true, false]);
});

it('keeps no journal where there is no file for it, and the call is told of none', () => {
  const { files, keeper, post, posted } = rig();
  files.isFull = true;
  expect(keeper.open({ callSid: `CA${'9'.repeat(32)}`, attempt: 0 }, LIMITS)).toBeNull();
  const message = { kind: 'digit', callId: 8, digit: '1', atStreamMs: 0 } as const;
  post(message);
  keeper.take({ kind: 'recorded', callId: 8, line: '{}', isLast: true });
  expect(posted).toEqual([message]);
});
