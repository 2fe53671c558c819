/**
 * How the speech vendors do, as the threads that ask them tell it: which are down, and how many requests ended how. For
 * `/readyz` and metrics; nothing is decided by it. I/O thread.
 */
import type { VendorChecked, VendorCount, VendorCounts, VendorHealth } from '../channel/vendor-messages.ts';
import type { Log } from '../log.ts';

export type VendorMessage = VendorChecked | VendorCounts | VendorHealth;

export interface VendorReport {
  /** `role provider`, each with the threads for which it is down now. Why is in the log: `/readyz` answers strangers. */
  readonly down: Readonly<Record<string, { readonly threads: number }>>;
  /** Since the start. */
  readonly requests: readonly VendorCount[];
}

export class VendorHealthBoard {
  readonly #log: Log;
  /** `role provider` -> threads. */
  readonly #down = new Map<string, Set<string>>();
  readonly #requests = new Map<string, VendorCount>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `thread` tells one teller from another. */
  receive(thread: string, message: VendorMessage): void {
    switch (message.kind) {
      case 'vendor.health':
        this.#health(thread, message);
        break;
      case 'vendor.counts':
        for (const count of message.counts) this.#count(count);
        break;
      case 'vendor.checked': {
        const { level, provider, text } = message;
        const about = { event: 'vendor.checked', provider, detail: text };
        if (level === 'error') this.#log.error(about, 'a speech vendor cannot serve calls');
        else if (level === 'warning') this.#log.warn(about, 'a speech vendor needs attention');
        else this.#log.info(about, 'a speech vendor answers');
      }
    }
  }

  /** The thread is gone, and what it found with it. */
  forget(thread: string): void {
    for (const [name, threads] of this.#down) {
      threads.delete(thread);
      if (threads.size === 0) this.#down.delete(name);
    }
  }

  report(): VendorReport {
    const down = [...this.#down].map(([name, threads]) => [name, { threads: threads.size }] as const);
    return { down: Object.fromEntries(down), requests: [...this.#requests.values()] };
  }

  #health(thread: string, { provider, role, state, why }: VendorHealth): void {
    const name = `${role} ${provider}`;
    const threads = this.#down.get(name) ?? new Set<string>();
    const about = { event: `vendor.${state}`, provider, role, thread };
    if (state === 'down') {
      threads.add(thread);
      this.#down.set(name, threads);
      this.#log.error({ ...about, detail: why }, 'a speech vendor is down; the next one serves');
    } else {
      threads.delete(thread);
      if (threads.size === 0) this.#down.delete(name);
      this.#log.info(about, 'a speech vendor is back');
    }
  }

  #count({ outcome, provider, requests, role }: VendorCount): void {
    const name = `${role} ${provider} ${outcome}`;
    const before = this.#requests.get(name)?.requests ?? 0;
    this.#requests.set(name, { role, provider, outcome, requests: before + requests });
  }
}
