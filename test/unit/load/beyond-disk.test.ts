import { describe, expect, it } from 'vitest';
import { BeyondDisk } from '../../../src/load/beyond-disk.ts';

/** Quick writes, one each 20 ms, up to `untilMs`. */
function quickWrites(disk: BeyondDisk, fromMs: number, untilMs: number): void {
  for (let atMs = fromMs; atMs < untilMs; atMs += 20) {
    disk.wrote({ startedAtMs: atMs, endedAtMs: atMs + 1 });
  }
}

describe('a wait less the disk', () => {
  it('is less by what the disk took for another write of the same moment', () => {
    const disk = new BeyondDisk();
    quickWrites(disk, 0, 1000);
    disk.add('turnMs', 1240, 230);
    disk.wrote({ startedAtMs: 1020, endedAtMs: 1220 });
    quickWrites(disk, 1240, 1300);
    expect(disk.turnMs.summary()).toMatchObject({ count: 1, maxMs: 30 });
  });

  it('is not less by a stall that was over before it was the server’s, or began after its end', () => {
    const disk = new BeyondDisk();
    quickWrites(disk, 0, 1000);
    disk.wrote({ startedAtMs: 1000, endedAtMs: 1200 });
    disk.add('turnMs', 1240, 40);
    disk.wrote({ startedAtMs: 1240, endedAtMs: 1500 });
    expect(disk.turnMs.summary().maxMs).toBeCloseTo(39, 1);
  });

  it('is less by one usual write at the least, and never below nothing', () => {
    const disk = new BeyondDisk();
    for (let atMs = 0; atMs < 1000; atMs += 100) disk.wrote({ startedAtMs: atMs, endedAtMs: atMs + 8 });
    disk.add('turnMs', 1050, 20);
    disk.add('turnMs', 1051, 3);
    disk.wrote({ startedAtMs: 1100, endedAtMs: 1108 });
    expect(disk.turnMs.summary().count).toBe(2);
    expect(disk.turnMs.summary().maxMs).toBeCloseTo(12, 0);
    expect(disk.turnMs.percentile(0.5)).toBeLessThan(0.1);
  });

  it('is judged when every write that began before its end is over', () => {
    const disk = new BeyondDisk();
    disk.add('turnMs', 1000, 100);
    expect(disk.turnMs.count).toBe(0);
    disk.wrote({ startedAtMs: 890, endedAtMs: 1400 });
    expect(disk.turnMs.count).toBe(0);
    disk.wrote({ startedAtMs: 1420, endedAtMs: 1421 });
    expect(disk.turnMs.summary()).toMatchObject({ count: 1, maxMs: 0 });
  });

  it('is less by no more than a commit may hold a call up, and by one write alone', () => {
    const disk = new BeyondDisk();
    disk.add('turnMs', 1000, 600);
    disk.add('turnMs', 2000, 300);
    disk.wrote({ startedAtMs: 390, endedAtMs: 1000 });
    disk.wrote({ startedAtMs: 1700, endedAtMs: 1800 });
    disk.wrote({ startedAtMs: 1850, endedAtMs: 1950 });
    disk.wrote({ startedAtMs: 2000, endedAtMs: 2001 });
    expect(disk.turnMs.summary()).toMatchObject({ count: 2, maxMs: 350 });
    expect(disk.turnMs.percentile(0.5)).toBeCloseTo(200, -1);
  });

  it('is first audio’s as well', () => {
    const disk = new BeyondDisk();
    disk.add('firstAudioMs', 1000, 100);
    disk.wrote({ startedAtMs: 920, endedAtMs: 990 });
    disk.wrote({ startedAtMs: 1010, endedAtMs: 1011 });
    expect(disk.firstAudioMs.summary()).toMatchObject({ count: 1, maxMs: 30 });
  });

  it('is judged at the end, too, where no disk is watched', () => {
    const disk = new BeyondDisk();
    disk.add('turnMs', 1000, 100);
    disk.finish();
    expect(disk.turnMs.summary()).toMatchObject({ count: 1, maxMs: 100 });
  });
});
