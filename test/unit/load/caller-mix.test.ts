import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { CallerMix } from '../../../src/load/caller-mix.ts';
import { createRandom } from '../../../src/simulator/random.ts';

describe('a mix of callers', () => {
  it('takes shares in any unit', () => {
    expect([...CallerMix.parse('talking=7,keypad=3').shares]).toEqual([
      ['talking', 0.7],
      ['keypad', 0.3],
    ]);
  });

  it('takes one kind by its name alone', () => {
    expect([...CallerMix.parse('listening').shares]).toEqual([['listening', 1]]);
  });

  it('leaves out who has no share', () => {
    expect([...CallerMix.parse('talking=1,quiet=0').shares.keys()]).toEqual(['talking']);
  });

  it('is told as it can be given again', () => {
    const text = 'talking=70,keypad=10,barge-in=10,hang-up=5,quiet=5';
    expect(CallerMix.parse(text).toString()).toBe(text);
  });

  it.each(['', 'shouting=1', 'talking=-1', 'talking=x', 'talking=1,talking=2', 'talking=1=2', 'talking=0'])(
    'refuses %j, and says what it expected',
    (text) => {
      expect(() => CallerMix.parse(text)).toThrow(ConfigError);
      expect(() => CallerMix.parse(text)).toThrow(/--mix: expected .*received/);
    },
  );

  it('draws each kind as often as its share says', () => {
    const mix = CallerMix.parse('talking=70,keypad=20,quiet=10');
    const random = createRandom(1);
    const drawn = Array.from({ length: 10_000 }, () => mix.draw(random));
    const share = (kind: string) => drawn.filter((one) => one === kind).length / drawn.length;
    expect(share('talking')).toBeCloseTo(0.7, 1);
    expect(share('keypad')).toBeCloseTo(0.2, 1);
    expect(share('quiet')).toBeCloseTo(0.1, 1);
  });
});
