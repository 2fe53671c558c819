import { describe, expect, it } from 'vitest';
import { HELD_MAX, HeldAsks } from '../../../src/supervisor/held-asks.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('asks that are held', () => {
  it('end once each: by a server, by their time, or unanswered', () => {
    const clock = new FakeClock();
    const asks = new HeldAsks(clock);
    const answers: string[] = [];
    const hold = (name: string) => asks.hold((why) => answers.push(`${name} ${why}`));
    hold('early');
    clock.advanceMs(4000);
    hold('late');
    const leave = hold('gone');
    leave();
    clock.advanceMs(4000);
    expect(answers).toEqual(['early over']);
    asks.end('served');
    leave();
    clock.advanceMs(60_000);
    expect(answers).toEqual(['early over', 'late served']);
    expect([asks.count, clock.pendingTimers()]).toEqual([0, 0]);
  });

  it('are 1500 at most: one more is answered at once', () => {
    const asks = new HeldAsks(new FakeClock());
    const answers: string[] = [];
    for (let ask = 0; ask < HELD_MAX; ask++) asks.hold((why) => answers.push(why));
    expect(answers).toEqual([]);
    asks.hold((why) => answers.push(why))();
    expect(answers).toEqual(['over']);
    expect(asks.count).toBe(1500);
  });
});
