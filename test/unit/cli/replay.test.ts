import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';
import { replayFiles } from '../../../src/cli/replay.ts';
import { indexOf, type Row, rowsOf, textOf } from '../../support/edited-record.ts';
import { FIXTURES } from '../../support/fixture-records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

class Paper extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.text += chunk.toString();
    written();
  }
}

async function replayed(paths: readonly string[], options: { json?: boolean; unmask?: boolean } = {}) {
  const [output, errors] = [new Paper(), new Paper()];
  const code = await replayFiles(paths, { json: false, unmask: false, ...options }, output, errors);
  return { code, output: output.text, errors: errors.text };
}

function fileOf(rows: readonly Row[], name = 'call.jsonl', folder = temporaryFolder()): string {
  const path = join(folder, name);
  writeFileSync(path, textOf(rows));
  return path;
}

const fixture = (name: string) => join(FIXTURES, `${name}-0.jsonl.gz`);

it('prints the turns of a call, and that all is the same', async () => {
  const { code, errors, output } = await replayed([fixture('keypad')]);
  expect([code, errors]).toEqual([0, '']);
  expect(output).toMatch(/keypad-0\.jsonl\.gz: CA[0-9a-f]{32}, attempt 0, 20\d\d-/);
  expect(output).toMatch(/ s {2}bot {5}Are you ready\?\n/);
  expect(output).toMatch(/ s {2}caller {2}presses 1\n.*understood: true\n/);
  expect(output).toMatch(/decided: not-both; first=true, second=false/);
  expect(output).toMatch(
    / {2}same: \d+ messages in; 4 states; \d+\.\d s of audio, \d marks, \d clears out\n/,
  );
});

it('shows a barge-in, a silence, a vendor that failed, a filler and a worker that was lost', async () => {
  const names = ['barge-in', 'no-input', 'vendor-error', 'slow-vendor', 'worker-lost'];
  const { code, output } = await replayed(names.map(fixture));
  expect(code).toBe(0);
  for (const line of [
    'the bot stops',
    'nothing was heard',
    'recognizer openai: failed',
    'the silence is filled',
    'the call begins anew, from its last state',
  ])
    expect(output).toContain(line);
});

it('replays all that lies in a folder', async () => {
  const folder = temporaryFolder();
  fileOf(rowsOf('keypad'), 'b.jsonl', folder);
  fileOf(rowsOf('hang-up-over-a-prompt'), 'a.jsonl', folder);
  writeFileSync(join(folder, 'notes.txt'), 'none of ours');
  const { code, output } = await replayed([folder]);
  expect(code).toBe(0);
  expect(output.match(/^\S+\.jsonl/gm)).toEqual([join(folder, 'a.jsonl'), join(folder, 'b.jsonl')]);
});

it('takes a folder in which there is none for a mistake, and ends with 2', async () => {
  const folder = temporaryFolder();
  const { code, errors } = await replayed([folder, fixture('keypad')]);
  expect([code, errors]).toEqual([
    2,
    `${folder}: Expected a folder with recorded calls (.jsonl, .jsonl.gz), received none\n`,
  ]);
});

it('says where a call first differs, and ends with 1', async () => {
  const rows = rowsOf('keypad');
  const at = indexOf(rows, (row) => row.kind === 'mark');
  rows[at]!['audioBytes'] = 1;
  const { code, output } = await replayed([fileOf(rows), fixture('keypad')]);
  expect(code).toBe(1);
  expect(output).toMatch(
    new RegExp(
      ` {2}different: line ${at + 1}, \\d+\\.\\d\\d s, media plane, audioBytes\\n {4}expected 1\\n {4}got {6}\\d+\\n`,
    ),
  );
  expect(output).toContain('same: ');
});

it('names a file that is none of ours, ends with 2, and goes on with the next', async () => {
  const path = join(temporaryFolder(), 'call.jsonl');
  writeFileSync(path, '{}\n');
  const { code, errors, output } = await replayed([path, '/nowhere.jsonl', fixture('keypad')]);
  expect(code).toBe(2);
  expect(errors).toContain(
    `${path}:1: Expected a recorded call (RECORD_CALLS), received something else (ERR_RECORD)\n`,
  );
  expect(errors).toContain('/nowhere.jsonl:1: Expected a file that can be read, received there is none');
  expect(output).toContain('same: ');
});

it('says that a record breaks off, and ends with 2', async () => {
  const { code, output } = await replayed([fileOf(rowsOf('keypad').slice(0, -40))]);
  expect(code).toBe(2);
  expect(output).toContain('broken off: the record has no end; the same up to there: ');
});

it('says that another build recorded it', async () => {
  const rows = rowsOf('keypad');
  rows[0]!['build'] = '0.0.9 (000000000000)';
  expect((await replayed([fileOf(rows)])).output).toContain(
    'recorded by another build, 0.0.9 (000000000000)',
  );
});

it('gives states and what was played as JSON, a line a call', async () => {
  const { output } = await replayed([fixture('keypad'), fixture('barge-in')], { json: true });
  const [keypad, bargeIn] = output
    .trimEnd()
    .split('\n')
    .map((row) => JSON.parse(row));
  expect(keypad).toMatchObject({ result: 'same', attempt: 0, difference: null });
  expect(keypad.states.at(-1)).toMatchObject({
    state: { phase: 'ended', outcome: 'not-both', answers: { first: true, second: false } },
  });
  expect(keypad.playback[0]).toMatchObject({ kind: expect.stringMatching(/mark|clear/) });
  expect(bargeIn.playback.find(({ kind }: { kind: string }) => kind === 'clear')).toMatchObject({
    audioBytes: expect.any(Number),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

it('masks numbers unless they are asked for', async () => {
  const rows = rowsOf('keypad');
  const text = JSON.stringify(rows).replaceAll('+15005550006', '+12025550147');
  const path = fileOf(JSON.parse(text) as Row[]);
  expect((await replayed([path], { json: true })).output).not.toContain('2025550147');
  expect((await replayed([path], { json: true, unmask: true })).output).toContain('+12025550147');
});

it.each<[string, (rows: Row[]) => void]>([
  [
    'differs',
    (rows) => {
      const commit = rows[indexOf(rows, (row) => row.kind === 'commit')]!;
      commit['state'] = { ...(commit['state'] as object), answers: { zip: 94110 } };
    },
  ],
  [
    'is missing',
    (rows) => {
      const decided = { turn: { value: 94110 } };
      rows.splice(-1, 0, { at: 9999, plane: 'call', run: 0, way: 'out', kind: 'commit', decided });
    },
  ],
])('masks a number that somebody gave as an answer where it %s', async (_name, change) => {
  const rows = rowsOf('keypad');
  change(rows);
  const path = fileOf(rows);
  for (const json of [true, false]) {
    const { code, output } = await replayed([path], { json });
    expect([code, output.includes('94110')]).toEqual([1, false]);
    expect((await replayed([path], { json, unmask: true })).output).toContain('94110');
  }
});

it('explains itself', () => {
  const help = createProgram()
    .commands.find((command) => command.name() === 'replay')!
    .helpInformation();
  expect(help).toContain('replay [options] <file...>');
});
