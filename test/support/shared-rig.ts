/**
 * One server for several tests that run at the same time: each takes its turn, in the order in which they ask. And the
 * number of servers at once, which on two cores is what keeps their timing honest.
 */
import type { VendorRig } from './vendor-rig.ts';

const RIGS_MAX = 6;
let free = RIGS_MAX;
const waiting: (() => void)[] = [];

/** Resolves when one more server may run; call what it gives when that server is gone. */
export async function rigSlot(): Promise<() => void> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  let isFreed = false;
  return () => {
    if (isFreed) return;
    isFreed = true;
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
}

export class SharedRig {
  readonly #start: (atEnd: (close: () => Promise<void>) => void) => Promise<VendorRig>;
  #rig: Promise<VendorRig> | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #turns: number;
  #close: () => Promise<void> = async () => {};

  /** Started by the first turn, closed after the last of `turns`. */
  constructor(turns: number, start: (atEnd: (close: () => Promise<void>) => void) => Promise<VendorRig>) {
    this.#turns = turns;
    this.#start = start;
  }

  turn<T>(use: (rig: VendorRig) => Promise<T>): Promise<T> {
    this.#rig ??= this.#start((close) => {
      this.#close = close;
    });
    const rig = this.#rig;
    const result = this.#tail.then(async () => use(await rig));
    this.#tail = result
      .catch(() => {})
      .then(async () => {
        this.#turns -= 1;
        if (this.#turns === 0) await this.#close();
      });
    return result;
  }
}
