/** How many requests each vendor was sent, and how they ended, until somebody takes the counts. One a thread. */
import type { VendorCount, VendorRole } from '../../channel/vendor-messages.ts';

export class VendorTally {
  readonly #counts = new Map<string, VendorCount>();

  count(role: VendorRole, provider: string, outcome: VendorCount['outcome']): void {
    const name = `${role} ${provider} ${outcome}`;
    const requests = (this.#counts.get(name)?.requests ?? 0) + 1;
    this.#counts.set(name, { role, provider, outcome, requests });
  }

  /** What was counted since the last taking; empty if nothing was. */
  take(): readonly VendorCount[] {
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    return counts;
  }
}
