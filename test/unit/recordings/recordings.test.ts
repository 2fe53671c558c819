import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseWav } from '../../../src/audio/wav.ts';
import { recordName } from '../../../src/recordings/record-name.ts';
import { recordRig, SID } from '../../support/record-rig.ts';
import { readStrictRecording } from '../../support/strict-recording.ts';

const NAME = recordName(SID, 0);
/** A frame of 20 ms: `left` and `right` in turn. */
const frame = (left: number, right: number) =>
  Uint8Array.from({ length: 320 }, (_, at) => (at % 2 ? right : left));

describe('a recording', () => {
  it('is a WAV file that a strict reader takes, with what was written and nothing else', () => {
    const { deliver, files, names, read } = recordRig();
    const file = files.open(NAME, 'wav');
    for (let index = 0; index < 120; index++) file.write(frame(index, 200));
    file.finish();
    file.finish();
    file.write(frame(1, 1));
    deliver();
    expect(names()).toEqual([`${NAME}.wav`]);
    const { durationMs, left, right } = readStrictRecording(read(`${NAME}.wav`));
    expect(durationMs).toBe(2400);
    expect([left[0], left[160], left[119 * 160], new Set(right)]).toEqual([0, 1, 119, new Set([200])]);
    expect(files.counts()).toEqual({ open: 0, incomplete: 0, waitingBytes: 0 });
  });

  it('costs a chunk of 750 ms, and nothing a frame', () => {
    const { files, posted } = recordRig();
    const file = files.open(NAME, 'wav');
    for (let index = 0; index < 112; index++) file.write(frame(0, 0));
    expect(posted.map(({ kind }) => kind)).toEqual(['open', 'chunk', 'chunk']);
    expect(files.counts()).toEqual({ open: 1, incomplete: 0, waitingBytes: 24_000 });
  });

  it('goes to the disk within a second, however little it is', () => {
    const { clock, deliver, files, read } = recordRig();
    files.open(NAME, 'lines').write(Buffer.from('one line\n'));
    clock.advanceMs(750);
    deliver();
    expect(read(`${NAME}.jsonl.part`).toString()).toBe('one line\n');
  });

  it('takes what is larger than a chunk', () => {
    const { deliver, files, read } = recordRig();
    const file = files.open(NAME, 'lines');
    file.write(Buffer.from(`${'a'.repeat(50_000)}\n`));
    file.finish();
    deliver();
    expect(read(`${NAME}.jsonl`)).toHaveLength(50_001);
  });

  it("is its owner's only", () => {
    const { deliver, files, folder } = recordRig();
    const file = files.open(NAME, 'wav');
    file.write(frame(1, 2));
    file.finish();
    deliver();
    expect(statSync(join(folder, `${NAME}.wav`)).mode & 0o777).toBe(0o600);
  });

  it('that holds nothing leaves no file', () => {
    const { deliver, files, names } = recordRig();
    files.open(NAME, 'wav').finish();
    deliver();
    expect(names()).toEqual([]);
  });

  it('is read as it lies there while it is written', () => {
    const { deliver, files, read } = recordRig();
    const file = files.open(NAME, 'wav');
    for (let index = 0; index < 75; index++) file.write(frame(1, 2));
    deliver();
    // Our own reader takes no two channels; it gets as far as to say so.
    expect(parseWav(read(`${NAME}.wav.part`))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('2 channels'),
    });
  });

  it.each(['../../etc/passwd', 'CA12-0', `${SID}-x`, `${SID}-0.wav`, ''])(
    'has no other name than of a call and an attempt: not %j',
    (name) => {
      const { deliver, files, lines, names } = recordRig();
      const file = files.open(name, 'wav');
      file.write(frame(1, 2));
      file.finish();
      deliver();
      expect([file.isGivenUp, names()]).toEqual([true, []]);
      expect(lines()).toMatchObject([
        { event: 'recording.lost', callSid: '', err: { code: 'ERR_INVALID_STATE' } },
      ]);
    },
  );

  it('never overwrites one that is there', () => {
    const { deliver, files, folder, read } = recordRig();
    writeFileSync(join(folder, `${NAME}.wav`), 'kept');
    const file = files.open(NAME, 'wav');
    file.write(frame(1, 2));
    deliver();
    file.finish();
    deliver();
    expect([file.isGivenUp, read(`${NAME}.wav`).toString()]).toEqual([true, 'kept']);
  });
});

describe('a recording in trouble', () => {
  it('is given up where more waits for the disk than may; what came before is kept as incomplete', () => {
    const { deliver, files, lines, names, read } = recordRig(undefined, 24_000);
    const [slow, other] = [files.open(NAME, 'wav'), files.open(recordName(SID, 1), 'wav')];
    for (let index = 0; index < 113; index++) slow.write(frame(1, 2));
    expect(slow.isGivenUp).toBe(true);
    deliver();
    expect(files.counts()).toEqual({ open: 1, incomplete: 1, waitingBytes: 0 });
    other.write(frame(3, 4));
    other.finish();
    deliver();
    expect(names()).toEqual([`${NAME}.incomplete.wav`, `${SID}-1.wav`]);
    expect(readStrictRecording(read(`${NAME}.incomplete.wav`)).durationMs).toBe(1500);
    expect(lines()).toMatchObject([{ event: 'recording.lost', callSid: SID, err: { code: 'ERR_CAPACITY' } }]);
  });

  it('is told once for many, and counted; nothing is sent after a thread that hangs', () => {
    const { clock, files, lines, posted } = recordRig(undefined, 0);
    const give = (attempt: number) =>
      files.open(recordName(SID, attempt), 'wav').write(new Uint8Array(16_000));
    for (let attempt = 0; attempt < 50; attempt++) give(attempt);
    expect([files.counts().incomplete, lines()]).toMatchObject([50, [{ recordings: 1 }]]);
    expect(posted).toEqual([]);
    clock.advanceMs(60_000);
    give(50);
    expect(lines()).toMatchObject([{ recordings: 1 }, { recordings: 50 }]);
  });

  it('ends with its thread, and the next one takes up what there is', () => {
    const { deliver, files, folder, lines, names } = recordRig();
    const file = files.open(NAME, 'wav');
    for (let index = 0; index < 60; index++) file.write(frame(1, 2));
    deliver();
    files.threadEnded({ name: 'StoreError', code: 'ERR_STORE', message: 'gone' });
    file.write(frame(1, 2));
    file.finish();
    expect([file.isGivenUp, files.open(recordName(SID, 1), 'wav').isGivenUp]).toEqual([true, true]);
    expect(lines()[0]).toMatchObject({ event: 'recording.lost', callSid: SID, err: { message: 'gone' } });
    expect(names()).toEqual([`${NAME}.wav.part`]);
    recordRig(folder).recover();
    expect(names()).toEqual([`${NAME}.incomplete.wav`]);
  });

  it('keeps the others when the folder takes no new file', () => {
    const { deliver, files, folder, lines, names } = recordRig();
    const file = files.open(NAME, 'lines');
    file.write(Buffer.from('a\n'));
    deliver();
    // A folder in the file's place: also the superuser of a container fails there.
    mkdirSync(join(folder, `${SID}-1.wav.part`));
    const refused = files.open(recordName(SID, 1), 'wav');
    deliver();
    file.finish();
    deliver();
    expect([refused.isGivenUp, file.isGivenUp]).toEqual([true, false]);
    expect(names()).toContain(`${NAME}.jsonl`);
    expect(lines()).toMatchObject([{ event: 'recording.lost', err: { code: 'EEXIST' } }]);
  });

  it('is cut when the process ends before its call: incomplete, with all that was written', () => {
    const { deliver, files, names, read } = recordRig();
    const file = files.open(NAME, 'wav');
    file.write(frame(1, 2));
    files.cutAll();
    deliver();
    expect(names()).toEqual([`${NAME}.incomplete.wav`]);
    expect(readStrictRecording(read(`${NAME}.incomplete.wav`)).durationMs).toBe(20);
    expect(files.counts()).toMatchObject({ open: 0, incomplete: 1 });
  });
});

describe('what a dead process left', () => {
  it('is finished at the next start, up to the last whole frame and the last whole line', () => {
    const first = recordRig();
    const audio = first.files.open(NAME, 'wav');
    const text = first.files.open(NAME, 'lines');
    for (let index = 0; index < 50; index++) audio.write(frame(7, 8));
    text.write(Buffer.from('{"whole":true}\n'));
    first.clock.advanceMs(1000);
    first.deliver();
    appendFileSync(join(first.folder, `${NAME}.wav.part`), Uint8Array.of(9));
    appendFileSync(join(first.folder, `${NAME}.jsonl.part`), '{"half":tr');
    const second = recordRig(first.folder);
    second.recover();
    expect(second.names()).toEqual([`${NAME}.incomplete.jsonl`, `${NAME}.incomplete.wav`]);
    expect(readStrictRecording(second.read(`${NAME}.incomplete.wav`))).toMatchObject({ durationMs: 1000 });
    expect(second.read(`${NAME}.incomplete.jsonl`).toString()).toBe('{"whole":true}\n');
    expect(second.lines()).toMatchObject([{ event: 'recording.recovered', recordings: 2 }]);
  });

  it('is cut where its last whole line ends, however long the half one is', () => {
    const { folder, names, read, recover } = recordRig();
    const [one, other] = [`${NAME}.jsonl.part`, `${SID}-1.jsonl.part`];
    writeFileSync(join(folder, one), `{"whole":true}\n{"wire":"${'A'.repeat(300_000)}`);
    writeFileSync(join(folder, other), `{"wire":"${'A'.repeat(300_000)}`);
    recover();
    expect(names()).toEqual([`${NAME}.incomplete.jsonl`]);
    expect(read(`${NAME}.incomplete.jsonl`).toString()).toBe('{"whole":true}\n');
  });

  it('is told from what is being written', () => {
    const { clock, deliver, files, names, read, recover } = recordRig();
    const file = files.open(NAME, 'lines');
    file.write(Buffer.from('{"ha'));
    clock.advanceMs(1000);
    deliver();
    recover();
    file.write(Buffer.from('lf":true}\n'));
    file.finish();
    deliver();
    expect(names()).toEqual([`${NAME}.jsonl`]);
    expect(read(`${NAME}.jsonl`).toString()).toBe('{"half":true}\n');
  });

  it('is left alone where it is not ours, and named where it cannot be finished', () => {
    const { folder, lines, names, recover } = recordRig();
    for (const name of ['notes.part', 'CA12-0.wav.part', 'CA12-0.wav'])
      writeFileSync(join(folder, name), 'mine');
    mkdirSync(join(folder, `${NAME}.wav.part`));
    recover();
    expect(names()).toEqual([`${NAME}.wav.part`, 'CA12-0.wav', 'CA12-0.wav.part', 'notes.part'].sort());
    expect(lines()).toMatchObject([{ event: 'recording.failed', path: join(folder, `${NAME}.wav.part`) }]);
  });
});
