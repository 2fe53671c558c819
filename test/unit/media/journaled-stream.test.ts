/** A stream under a journal on a fake clock, with all that a socket and a registry can do to it; then the same from the record. */
import { expect, it } from 'vitest';
import { addon } from '../../../src/audio/addon.ts';
import { JournaledStream } from '../../../src/media/journaled-stream.ts';
import { MediaCensus } from '../../../src/media/media-census.ts';
import { PromptRegistry } from '../../../src/media/prompt-registry.ts';
import { TimerWheel } from '../../../src/media/timer-wheel.ts';
import { parseRecord } from '../../../src/replay/read-record.ts';
import { replayCall } from '../../../src/replay/replay-call.ts';
import { JournalKeeper } from '../../../src/server/journal-keeper.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { CALL_SID, carrierSays, FakeSocket, promptOf, wireMessage } from '../../support/media-fakes.ts';
import { MemoryRecordFiles } from '../../support/memory-record-files.ts';
import { silentLog } from '../../support/silent-log.ts';

const LIMITS = { audioWaitMaxMs: 6000, callMaxMs: 120_000, goodbyePromptKey: null };
const NAME = `${CALL_SID}-0`;

function rig() {
  const clock = new FakeClock();
  clock.advanceMs(1234.5);
  const files = new MemoryRecordFiles();
  const about = { build: '0.1.0 (abc)', isa: 'scalar', recognizers: ['builtin'] };
  const keeper = new JournalKeeper({ clock, files, about });
  const journal = keeper.open({ callSid: CALL_SID, attempt: 0 }, LIMITS)!;
  const registry = new PromptRegistry();
  const socket = new FakeSocket();
  const plane = {
    clock,
    registry,
    wheel: new TimerWheel(clock, (thrown) => {
      throw thrown;
    }),
    census: new MediaCensus(),
    log: silentLog,
  };
  const stream: JournaledStream = new JournaledStream({
    journal: journal.journal,
    audioNames: journal.audio,
    originAtMs: journal.openedAtMs,
    plane,
    socket,
    receiver: new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 }),
    limits: LIMITS,
    hooks: journal.watching({
      onStart: () => stream.accept(7, 0, null),
      post: () => {},
      onEnd: (reason) => stream.end(reason),
    }),
  });
  socket.onClose = () => stream.socketClosed();
  return {
    clock,
    files,
    registry,
    socket,
    stream,
    goLive: () => {
      stream.receive(carrierSays.connected(), false);
      stream.receive(carrierSays.start(), false);
    },
    rows: () => files.rows(NAME),
    replay: (edit: (text: string) => string = (text) => text) =>
      replayCall(parseRecord(edit(files.texts.get(NAME) ?? ''), 'call.jsonl')),
  };
}

it('replays a stream whose socket fills, drops and drains', async () => {
  const { clock, goLive, registry, replay, rows, socket, stream } = rig();
  registry.ready(promptOf('bye', 3000));
  goLive();
  stream.playAndFinish('bye', 'call failed');
  socket.result = 2;
  clock.advanceMs(400);
  socket.result = 0;
  socket.bufferedBytes = 20_000;
  clock.advanceMs(300);
  socket.bufferedBytes = 0;
  stream.drained();
  socket.result = 1;
  socket.dropsMarks = true;
  clock.advanceMs(3000);
  socket.dropsMarks = false;
  clock.advanceMs(100);
  stream.receive(carrierSays.mark('g0.-1'), false);
  clock.advanceMs(10_000);
  const kinds = rows().map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['send', 'buffered', 'drained', 'mark', 'close', 'closed']));
  expect((await replay()).difference).toBeNull();
});

it('replays one that waits for its audio, which comes, or not', async () => {
  const { clock, goLive, registry, replay, rows, stream } = rig();
  goLive();
  stream.order({ kind: 'fill', callId: 7, playId: -1, promptKey: 'bye' });
  stream.playAndFinish('bye', 'worker failed');
  clock.advanceMs(1000);
  registry.ready(promptOf('bye', 500));
  clock.advanceMs(8000);
  expect(rows().map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['prompt.wait', 'prompt.ready', 'mark']),
  );
  expect((await replay()).difference).toBeNull();

  const other = rig();
  other.goLive();
  other.stream.playAndFinish('bye', 'worker failed');
  clock.advanceMs(1000);
  other.registry.failed('bye');
  expect(other.rows().map(({ kind }) => kind)).toContain('prompt.failed');
  expect((await other.replay()).difference).toBeNull();
});

it('replays one whose peer neither echoes nor reads, pings, floods and sends what is none of ours', async () => {
  const { clock, goLive, registry, replay, socket, stream } = rig();
  registry.ready(promptOf('bye', 300));
  goLive();
  stream.receive(wireMessage('{"event":'), false);
  stream.receive(new Uint8Array([0xff, 0xfe]).buffer, false);
  stream.receive(new Uint8Array([1, 2, 3]).buffer, true);
  stream.pinged();
  stream.playAndFinish('bye', 'call failed');
  clock.advanceMs(2000);
  stream.pong();
  for (let frame = 0; frame < 60; frame++) {
    stream.receive(carrierSays.media(), false);
    clock.advanceMs(20);
  }
  for (let message = 0; message < 6000; message++) stream.receive(carrierSays.digit('1'), false);
  expect([socket.closeCode, stream.hasEnded]).toEqual([1008, true]);
  expect((await replay()).difference).toBeNull();
});

it('holds what was offered last against the record, too, where the socket is lost before its mark', async () => {
  const { clock, goLive, registry, replay, rows, stream } = rig();
  registry.ready(promptOf('bye', 3000));
  goLive();
  stream.playAndFinish('bye', 'call failed');
  clock.advanceMs(500);
  stream.socketClosed();
  const lost = rows().findIndex(({ kind }) => kind === 'lost');
  expect(rows()[lost]).toMatchObject({ audioBytes: expect.any(Number), sha256: expect.any(String) });
  expect((await replay()).difference).toBeNull();
  const changed = await replay((text) => text.replace(/"wire":"..../, '"wire":"AAAA'));
  expect(changed.difference).toMatchObject({ line: lost + 1, path: 'sha256' });
});

it('tells the replay what came in while something went out', async () => {
  const { clock, goLive, replay, rows, stream } = rig();
  goLive();
  clock.advanceMs(20);
  stream.end('hung up');
  const within = rows().filter((row) => row['within'] === true);
  expect(within.map(({ kind }) => kind)).toEqual(['accepted', 'closed', 'end']);
  expect((await replay()).difference).toBeNull();
});

it('finds an answer of the socket that would have been another', async () => {
  const { clock, goLive, registry, replay, socket, stream } = rig();
  registry.ready(promptOf('bye', 3000));
  goLive();
  socket.result = 2;
  stream.playAndFinish('bye', 'call failed');
  clock.advanceMs(200);
  socket.result = 1;
  clock.advanceMs(9000);
  const { difference } = await replay((text) =>
    text.replace('"kind":"send","number":1,"answer":2', '"kind":"send","number":1,"answer":1'),
  );
  expect(difference).not.toBeNull();
});
