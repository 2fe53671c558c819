/**
 * What this machine's CPUs did: their own work, and the time for which their host gave them to other machines ("steal" of
 * proc(5), Linux). On a rented machine that comes in bursts, and a late turn then says nothing of the server.
 */
import { readFileSync } from 'node:fs';

export interface MachineCpuReport {
  /** Of all its CPUs together, over the hold. */
  readonly usedRatio: number;
  readonly stolenRatio: number;
  readonly stolenWorstRatio: number;
}

interface Ticks {
  readonly used: number;
  readonly stolen: number;
  readonly all: number;
}

export class MachineCpu {
  readonly #read: () => string;
  #last: Ticks | null;
  #first: Ticks | null = null;
  #stolenWorstRatio = 0;

  /** `read` gives the text of /proc/stat, or none. */
  constructor(read: () => string = readStat) {
    this.#read = read;
    this.#last = toTicks(read());
  }

  /** What follows belongs to the hold. */
  begin(): void {
    this.#first = this.#last = toTicks(this.#read());
  }

  /** The part of all CPUs that was taken away since the look before; 0 where nobody can tell. */
  look(): number {
    const now = toTicks(this.#read());
    const last = this.#last;
    this.#last = now;
    if (now === null || last === null || now.all === last.all) return 0;
    const stolenRatio = (now.stolen - last.stolen) / (now.all - last.all);
    if (this.#first !== null) this.#stolenWorstRatio = Math.max(this.#stolenWorstRatio, stolenRatio);
    return stolenRatio;
  }

  /** From `begin` to the last look; null: it did not begin, or this system does not tell. */
  report(): MachineCpuReport | null {
    const [first, last] = [this.#first, this.#last];
    if (first === null || last === null || last.all === first.all) return null;
    const all = last.all - first.all;
    return {
      usedRatio: (last.used - first.used) / all,
      stolenRatio: (last.stolen - first.stolen) / all,
      stolenWorstRatio: this.#stolenWorstRatio,
    };
  }
}

/** The line of all CPUs: user, nice, system, idle, iowait, irq, softirq, steal; guests are in `user` already. */
function toTicks(stat: string): Ticks | null {
  const line = /^cpu +(\d+(?: \d+){7})/m.exec(stat)?.[1];
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, stolen = 0] = line
    .split(' ')
    .map(Number);
  const used = user + nice + system + irq + softirq;
  return { used, stolen, all: used + stolen + idle + iowait };
}

function readStat(): string {
  try {
    return readFileSync('/proc/stat', 'latin1');
  } catch {
    return '';
  }
}
