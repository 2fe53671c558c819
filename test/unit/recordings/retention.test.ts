import { lutimesSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Retention } from '../../../src/recordings/retention.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SID } from '../../support/record-rig.ts';
import { keptLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function retentionUnderTest(keepDays = 30) {
  const folder = temporaryFolder();
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  const retention = new Retention({ folder, keepDays, clock, log });
  const put = (name: string, ageMs: number) => {
    const path = join(folder, name);
    writeFileSync(path, 'x');
    utimesSync(path, new Date(clock.wallMs() - ageMs), new Date(clock.wallMs() - ageMs));
  };
  return { clock, folder, lines, put, retention, names: () => readdirSync(folder).sort() };
}

it('removes what is older than it may be kept, complete or not, and nothing else', async () => {
  const { folder, lines, names, put, retention } = retentionUnderTest();
  put(`${SID}-0.wav`, 30 * DAY_MS + 1000);
  put(`${SID}-1.incomplete.wav`, 31 * DAY_MS);
  put(`${SID}-2.jsonl`, 400 * DAY_MS);
  put(`${SID}-3.wav`, 30 * DAY_MS - 1000);
  put(`${SID}-4.wav.part`, 400 * DAY_MS);
  put('letter.wav', 400 * DAY_MS);
  put(`${SID}.wav`, 400 * DAY_MS);
  symlinkSync('/etc/hostname', join(folder, `${SID}-5.wav`));
  lutimesSync(join(folder, `${SID}-5.wav`), 0, 0);
  expect(await retention.sweep()).toBe(3);
  expect(names()).toEqual(
    [`${SID}-3.wav`, `${SID}-4.wav.part`, `${SID}-5.wav`, `${SID}.wav`, 'letter.wav'].sort(),
  );
  expect(lines()).toMatchObject([{ event: 'recording.removed', recordings: 3, keepDays: 30 }]);
});

it('looks at the start and hourly, by the wall clock, until it is closed', async () => {
  const { clock, names, put, retention } = retentionUnderTest(1);
  put(`${SID}-0.wav`, DAY_MS - 30 * 60_000);
  await retention.begin();
  expect(names()).toHaveLength(1);
  clock.advanceMs(HOUR_MS);
  await vi.waitFor(() => expect(names()).toEqual([]));
  put(`${SID}-1.wav`, 0);
  await vi.waitFor(() => expect(clock.pendingTimers()).toBe(1));
  clock.shiftWallMs(2 * DAY_MS);
  clock.advanceMs(HOUR_MS - 1);
  expect(names()).toHaveLength(1);
  clock.advanceMs(1);
  await vi.waitFor(() => expect(names()).toEqual([]));
  await vi.waitFor(() => expect(clock.pendingTimers()).toBe(1));
  retention.close();
  expect(clock.pendingTimers()).toBe(0);
});

it('tells of a folder that it cannot read, and tries again', async () => {
  const { clock, lines } = retentionUnderTest();
  const { log, lines: told } = keptLog();
  const retention = new Retention({ folder: '/nonexistent/folder', keepDays: 1, clock, log });
  await retention.begin();
  expect(told()).toMatchObject([{ event: 'recording.failed', err: { code: 'ENOENT' } }]);
  expect([clock.pendingTimers(), lines()]).toEqual([1, []]);
});
