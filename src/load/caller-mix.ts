/** Which callers a load is made of, by share. Pure. */
import { ConfigError } from '../errors.ts';
import type { Random } from '../simulator/random.ts';

/**
 *     talking    answers every question by voice
 *     keypad     answers every question by a key
 *     barge-in   answers by voice, over the prompt at every third question
 *     hang-up    answers by voice and hangs up in some prompt
 *     quiet      says nothing until the bot gives up
 *     listening  says nothing in a flow that only waits (bench/flows/listening.yaml)
 */
export const CALLER_KINDS = ['talking', 'keypad', 'barge-in', 'hang-up', 'quiet', 'listening'] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];

export class CallerMix {
  /** Kind -> its share of the whole, 0 to 1; none is 0. */
  readonly shares: ReadonlyMap<CallerKind, number>;

  private constructor(shares: ReadonlyMap<CallerKind, number>) {
    this.shares = shares;
  }

  /** `talking=70,keypad=10` in any unit, or one kind by itself. Throws ConfigError. */
  static parse(text: string): CallerMix {
    const weights = new Map<CallerKind, number>();
    for (const part of text.split(',')) {
      const [name = '', weight = '1', ...rest] = part.trim().split('=');
      const kind = CALLER_KINDS.find((one) => one === name);
      const value = /^\d+(\.\d+)?$/.test(weight) ? Number(weight) : Number.NaN;
      if (kind === undefined || rest.length > 0 || !(value >= 0) || weights.has(kind)) {
        throw new ConfigError(
          `--mix: expected shares of ${CALLER_KINDS.join(', ')}, each once, as talking=70,keypad=30, received ${JSON.stringify(text)}`,
        );
      }
      weights.set(kind, value);
    }
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
    if (total === 0) {
      throw new ConfigError(`--mix: expected a share above 0, received ${JSON.stringify(text)}`);
    }
    const given = [...weights].filter(([, weight]) => weight > 0);
    return new CallerMix(new Map(given.map(([kind, weight]) => [kind, weight / total])));
  }

  draw(random: Random): CallerKind {
    let left = random();
    let drawn: CallerKind = 'talking';
    for (const [kind, share] of this.shares) {
      drawn = kind;
      left -= share;
      if (left < 0) break;
    }
    return drawn;
  }

  toString(): string {
    return [...this.shares].map(([kind, share]) => `${kind}=${Math.round(share * 1000) / 10}`).join(',');
  }
}
