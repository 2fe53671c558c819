/**
 * How often one address may ask: so many at once, and one more as each interval passes. Keeps one number an address, and of a
 * bounded number of them: those that asked longest ago are forgotten first, since nothing is owed to them most likely. I/O thread.
 */
import type { Clock } from '../../clock.ts';

export interface AddressLimitOf {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly atOnce: number;
  readonly intervalMs: number;
  readonly addressesMax: number;
}

export class AddressLimit {
  readonly #of: AddressLimitOf;
  /** Address -> when all that it was granted will have been earned; in order of the last grant. */
  readonly #earnedAtMs = new Map<string, number>();

  constructor(of: AddressLimitOf) {
    this.#of = of;
  }

  /** 0: granted. Else how long to wait; nothing is granted, and asking again too early costs nothing. */
  waitMs(address: string): number {
    const { addressesMax, atOnce, clock, intervalMs } = this.#of;
    const nowMs = clock.nowMs();
    const earnedAtMs = Math.max(nowMs, this.#earnedAtMs.get(address) ?? 0) + intervalMs;
    const waitMs = earnedAtMs - nowMs - atOnce * intervalMs;
    if (waitMs > 0) return waitMs;
    this.#earnedAtMs.delete(address);
    this.#earnedAtMs.set(address, earnedAtMs);
    for (const [oldest, untilMs] of this.#earnedAtMs) {
      if (untilMs > nowMs && this.#earnedAtMs.size <= addressesMax) break;
      this.#earnedAtMs.delete(oldest);
    }
    return 0;
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#earnedAtMs.size;
  }
}
