import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openRecordFolder, RecordLink } from '../../src/record-link.ts';
import { recordName } from '../../src/recordings/record-name.ts';
import { SID } from '../support/record-rig.ts';
import { keptLog } from '../support/silent-log.ts';
import { readStrictRecording } from '../support/strict-recording.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MORTAL = new URL('../support/mortal-record-worker.ts', import.meta.url);
const SECOND = new Uint8Array(16_000).fill(0x55);

/** `workerUrls`: of the first thread, the second, ... and then of all others. */
function linkUnderTest(...workerUrls: URL[]) {
  const folder = openRecordFolder(join(temporaryFolder(), 'recordings'), 'RECORD_AUDIO');
  const { log, lines } = keptLog();
  const start = { folder, keepDays: 30, logLevel: 'silent', logPii: false } as const;
  const parts = {
    get workerUrl() {
      return workerUrls.shift() ?? MORTAL;
    },
    start,
    clock: systemClock,
    log,
  };
  const link = new RecordLink(parts);
  onTestFinished(() => link.close());
  return { folder, lines, link, names: () => readdirSync(folder).sort() };
}

it('writes by way of its thread, and has all on disk when it is closed', async () => {
  const { folder, lines, link, names } = linkUnderTest();
  const files = Array.from({ length: 50 }, (_, attempt) => link.open(recordName(SID, attempt), 'wav'));
  for (let second = 0; second < 3; second++) for (const file of files) file.write(SECOND);
  for (const file of files.slice(1)) file.finish();
  await link.close();
  await link.close();
  expect(names()).toEqual(
    files.map((_, attempt) => `${SID}-${attempt}${attempt === 0 ? '.incomplete' : ''}.wav`).sort(),
  );
  for (const name of names())
    expect(readStrictRecording(readFileSync(join(folder, name))).durationMs).toBe(3000);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(lines()).toEqual([]);
});

it('gives up what was open when its thread dies, says so, and records the next call', async () => {
  const { folder, lines, link, names } = linkUnderTest();
  link.recover();
  const lost = link.open(recordName(SID, 0), 'wav');
  lost.write(SECOND);
  await vi.waitFor(() => expect(names()).toEqual([`${SID}-0.wav.part`]), { timeout: 10_000 });
  await vi.waitFor(() => expect(link.counts().waitingBytes).toBe(0), { timeout: 10_000 });
  writeFileSync(join(folder, 'die'), '');
  await vi.waitFor(() => expect(lost.isGivenUp).toBe(true), { timeout: 10_000 });
  lost.write(SECOND);
  lost.finish();
  expect(lines()).toMatchObject([
    { event: 'recording.lost', callSid: SID },
    { event: 'recordings.lost', code: 3, delayMs: 250 },
  ]);
  await vi.waitFor(() => expect(names()).toEqual([`${SID}-0.incomplete.wav`]), { timeout: 10_000 });
  const next = link.open(recordName(SID, 1), 'wav');
  next.write(SECOND);
  next.finish();
  await vi.waitFor(() => expect(names()).toContain(`${SID}-1.wav`), { timeout: 10_000 });
  expect(link.counts()).toEqual({ open: 0, incomplete: 1, waitingBytes: 0 });
});

it('leaves what lies there unfinished alone until it is told that nobody writes it', async () => {
  const { folder, link, names } = linkUnderTest();
  const part = `${SID}-7.jsonl.part`;
  writeFileSync(join(folder, part), '{"whole":true}\n{"half');
  const file = link.open(recordName(SID, 0), 'wav');
  file.write(SECOND);
  file.finish();
  await vi.waitFor(() => expect(names()).toEqual([`${SID}-0.wav`, part]), { timeout: 10_000 });
  link.recover();
  await vi.waitFor(() => expect(names()).toEqual([`${SID}-0.wav`, `${SID}-7.incomplete.jsonl`]), {
    timeout: 10_000,
  });
});

it('asks again later where the system has no thread to give', async () => {
  // Node refuses it at once, out of the timer of the restart.
  const { folder, lines, link, names } = linkUnderTest(MORTAL, new URL('http://127.0.0.1/'));
  writeFileSync(join(folder, 'die'), '');
  await vi.waitFor(() => expect(lines()).toHaveLength(2), { timeout: 10_000 });
  expect(lines()).toMatchObject([
    { event: 'recordings.lost', code: 3, delayMs: 250 },
    { event: 'recordings.lost', code: null, err: { code: expect.any(String) }, delayMs: 500 },
  ]);
  const next = await vi.waitUntil(
    () => {
      const file = link.open(recordName(SID, 0), 'wav');
      return file.isGivenUp ? null : file;
    },
    { timeout: 10_000 },
  );
  next.write(SECOND);
  next.finish();
  await vi.waitFor(() => expect(names()).toEqual([`${SID}-0.wav`]), { timeout: 10_000 });
});

it('refuses, in words, a folder that cannot be had', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  expect(() => openRecordFolder(join(folder, 'file', 'recordings'), 'RECORD_AUDIO')).toThrow(
    'RECORD_AUDIO: expected a folder that can be written, received',
  );
  mkdirSync(join(folder, 'there'));
  expect(openRecordFolder(join(folder, 'there'), 'RECORD_AUDIO')).toBe(join(folder, 'there'));
});
