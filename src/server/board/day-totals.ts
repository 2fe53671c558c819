/** Slices of a day added up: outcomes, turns, steps. Bounded: a day has a few outcomes, and a few steps for each flow. */
import type { TallySlice, TallyStep } from '../../channel/store-messages.ts';

const OUTCOMES_MAX = 500;
const STEPS_MAX = 10_000;

export class DayTotals {
  readonly #outcomes = new Map<string, number>();
  readonly #steps = new Map<string, TallyStep>();
  #turns = 0;

  /** Of all of these together. */
  static sum(...parts: readonly DayTotals[]): DayTotals {
    const sum = new DayTotals();
    for (const part of parts) {
      const steps = [...part.#steps.values()];
      sum.add({ outcomes: Object.fromEntries(part.#outcomes), turns: part.#turns, steps });
    }
    return sum;
  }

  get turns(): number {
    return this.#turns;
  }

  get steps(): readonly TallyStep[] {
    return [...this.#steps.values()];
  }

  /** Most frequent first. */
  get outcomes(): readonly { readonly name: string; readonly calls: number }[] {
    return [...this.#outcomes]
      .map(([name, calls]) => ({ name, calls }))
      .sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
  }

  add({ outcomes, steps, turns }: Omit<TallySlice, 'next'>): void {
    this.#turns += turns;
    for (const [name, calls] of Object.entries(outcomes)) {
      const before = this.#outcomes.get(name);
      if (before === undefined && this.#outcomes.size >= OUTCOMES_MAX) continue;
      this.#outcomes.set(name, (before ?? 0) + calls);
    }
    for (const step of steps) {
      const key = JSON.stringify([step.flowHash, step.from, step.to, step.wasAnswered]);
      const before = this.#steps.get(key);
      if (before === undefined && this.#steps.size >= STEPS_MAX) continue;
      this.#steps.set(key, { ...step, calls: (before?.calls ?? 0) + step.calls });
    }
  }
}
