import { describe, expect, it } from 'vitest';
import { MachineCpu } from '../../../src/load/machine-cpu.ts';

/** As Linux has it: user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. */
const stat = (...ticks: readonly number[]) =>
  `cpu  ${[...ticks, 0, 0].join(' ')}\ncpu0 1 2 3 4 5 6 7 8 9 10\nctxt 1\n`;

function watched(...texts: readonly string[]) {
  let at = 0;
  return new MachineCpu(() => texts[Math.min(at++, texts.length - 1)]!);
}

describe("a machine's CPU", () => {
  it('is what was used of it and what its host took, from the hold on', () => {
    const cpu = watched(
      stat(0, 0, 0, 0, 0, 0, 0, 0),
      stat(10, 0, 0, 0, 0, 0, 0, 90),
      stat(110, 0, 0, 0, 0, 0, 0, 90),
      stat(150, 5, 20, 10, 4, 1, 10, 100),
      stat(210, 5, 20, 10, 4, 1, 10, 140),
    );
    expect(cpu.look()).toBeCloseTo(0.9);
    cpu.begin();
    expect(cpu.look()).toBeCloseTo(0.1);
    expect(cpu.look()).toBeCloseTo(0.4);
    const report = cpu.report();
    expect(report?.usedRatio).toBeCloseTo(136 / 200);
    expect(report?.stolenRatio).toBeCloseTo(50 / 200);
    expect(report?.stolenWorstRatio).toBeCloseTo(0.4);
  });

  it('is not known before the hold, after no time, and where there is no such file', () => {
    const cpu = watched(stat(1, 0, 0, 0, 0, 0, 0, 0));
    expect(cpu.report()).toBeNull();
    cpu.begin();
    expect([cpu.look(), cpu.report()]).toEqual([0, null]);
    const none = watched('');
    none.begin();
    expect([none.look(), none.report()]).toEqual([0, null]);
  });
});
