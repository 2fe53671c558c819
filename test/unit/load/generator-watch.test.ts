import { describe, expect, it } from 'vitest';
import { GeneratorWatch } from '../../../src/load/generator-watch.ts';
import type { Pulse } from '../../../src/load/sender-pool.ts';

function pulse(given: Partial<Pulse> = {}): Pulse {
  return {
    kind: 'pulse',
    atMs: 0,
    live: 100,
    framesSent: 2500,
    mediaReceived: 2500,
    bytesIn: 0,
    bytesOut: 0,
    unsentBytes: 0,
    latenessP50Ms: 0.1,
    latenessP99Ms: 0.5,
    latenessMaxMs: 2,
    lateFrames: 0,
    cpuMs: 50,
    residentBytes: 0,
    ...given,
  };
}

/** Twenty pulses, each half a second after the one before; the `at`-th is another. */
function reportOf(other: Partial<Pulse>, pauseMs = 0, at = 10) {
  let nowMs = 0;
  const watch = new GeneratorWatch(() => nowMs);
  watch.pulse(0, pulse({ lateFrames: 2500 }));
  watch.begin(1);
  for (let index = 0; index < 20; index += 1) {
    nowMs += 500 + (index === at ? pauseMs : 0);
    watch.pulse(0, pulse(index === at ? other : {}));
  }
  watch.end();
  watch.pulse(0, pulse({ lateFrames: 2500 }));
  return watch.report();
}

describe('the watch on the generator', () => {
  it('finds nothing wrong with one that kept its time, and counts nothing before or after', () => {
    const report = reportOf({});
    expect(report).toMatchObject({ valid: true, reasons: [], framesSent: 50_000, lateFrames: 0 });
    expect(report.senderCpuRatio).toBeCloseTo(0.1);
  });

  it('takes off what came to lie unread between beginning and end', () => {
    let inSockets = 0;
    const watch = new GeneratorWatch(
      () => 0,
      () => inSockets,
    );
    watch.pulse(0, pulse({ unsentBytes: 1000 }));
    inSockets = 9000;
    watch.begin(1);
    for (let index = 0; index < 20; index += 1)
      watch.pulse(0, pulse({ bytesOut: 50_000, unsentBytes: index * 2000 }));
    inSockets = 72_000;
    watch.end();
    // 10 % of a million bytes more than before.
    expect(watch.report()).toMatchObject({ framesSent: 50_000, framesTaken: 45_000 });
  });

  it('finds it invalid when more than one frame in a hundred was late', () => {
    expect(reportOf({ lateFrames: 400 }).valid).toBe(true);
    const report = reportOf({ lateFrames: 600 });
    expect(report.valid).toBe(false);
    expect(report.reasons.join()).toContain('1.2 % of its frames left over 10 ms late');
  });

  it('finds it invalid when a sender stood still, whatever it said afterwards', () => {
    const report = reportOf({}, 2000);
    expect(report.valid).toBe(false);
    expect(report.reasons.join()).toContain('a sender stood still for 2.5 s');
  });

  it('finds it invalid when a sender never came back', () => {
    let nowMs = 0;
    const watch = new GeneratorWatch(() => nowMs);
    watch.begin(1);
    watch.pulse(0, pulse());
    nowMs = 5000;
    watch.end();
    expect(watch.report().reasons.join()).toContain('a sender stood still for 5.0 s');
  });

  it('finds it invalid when a sender used up its core', () => {
    let nowMs = 0;
    const watch = new GeneratorWatch(() => nowMs);
    watch.begin(2);
    for (let index = 0; index < 4; index += 1) {
      nowMs += 500;
      watch.pulse(0, pulse({ cpuMs: 20 }));
      watch.pulse(1, pulse({ cpuMs: 490 }));
    }
    watch.end();
    expect(watch.report().reasons.join()).toContain('a sender used up its core');
  });

  it('says what to do', () => {
    expect(reportOf({}, 2000).reasons.at(-1)).toContain('--senders');
  });
});
