/** What the server under load uses, second by second and over the hold. One reading at a time, in the order asked for. */
import type { LoadSite, SiteUsage } from './load-site.ts';

export interface ServerReport {
  /** Of the hold; of one core. */
  readonly cpuRatio: number;
  readonly cpuPerFrameUs: number;
  readonly residentBytes: number;
  readonly residentBeforeBytes: number;
  /** What it grew by since before the first call, for each call that was live at the end of the hold. */
  readonly bytesPerCall: number;
  /** Medians of the seconds' own values, and the longest of all; null: not to be seen from outside. */
  readonly loopDelayP50Ms: number | null;
  readonly loopDelayP99Ms: number | null;
  readonly loopDelayMaxMs: number | null;
}

const SECONDS_MAX = 86_400;

export class ServerWatch {
  readonly #site: Pick<LoadSite, 'usage'>;
  #reading: Promise<unknown> = Promise.resolve();
  #beforeBytes = 0;
  #holdFromMs: number | null = null;
  #holdToMs = 0;
  #cpuMs = 0;
  #bytes = 0;
  #live = 0;
  readonly #p50Ms: number[] = [];
  readonly #p99Ms: number[] = [];
  #maxMs: number | null = null;

  constructor(site: Pick<LoadSite, 'usage'>) {
    this.#site = site;
  }

  /** Before the first call. */
  async begin(): Promise<void> {
    this.#beforeBytes = (await this.read())?.residentBytes ?? 0;
  }

  /** What follows belongs to the hold; what was before is read away. */
  async holdBegins(atMs: number): Promise<void> {
    await this.read();
    this.#holdFromMs = atMs;
  }

  async holdEnds(atMs: number, live: number): Promise<void> {
    if (this.#holdFromMs === null) return;
    await this.read();
    this.#holdToMs = atMs;
    this.#live = live;
  }

  /** Null: it cannot be seen, or has just ended. */
  read(): Promise<SiteUsage | null> {
    const reading = this.#reading.then(() => this.#site.usage()).catch(() => null);
    this.#reading = reading.then((usage) => usage !== null && this.#keep(usage));
    return reading;
  }

  /** `frames`: what callers sent during the hold, and it took. Null: the server could not be seen. */
  report(frames: number): ServerReport | null {
    if (this.#holdFromMs === null || this.#bytes === 0 || this.#holdToMs === 0) return null;
    const holdMs = this.#holdToMs - this.#holdFromMs;
    return {
      cpuRatio: this.#cpuMs / Math.max(1, holdMs),
      cpuPerFrameUs: (this.#cpuMs * 1000) / Math.max(1, frames),
      residentBytes: this.#bytes,
      residentBeforeBytes: this.#beforeBytes,
      bytesPerCall: (this.#bytes - this.#beforeBytes) / Math.max(1, this.#live),
      loopDelayP50Ms: medianOf(this.#p50Ms),
      loopDelayP99Ms: medianOf(this.#p99Ms),
      loopDelayMaxMs: this.#maxMs,
    };
  }

  #keep(usage: SiteUsage): void {
    if (this.#holdFromMs === null || this.#holdToMs !== 0) return;
    this.#cpuMs += usage.cpuMs;
    this.#bytes = usage.residentBytes;
    const { loopDelayMaxMs, loopDelayP50Ms, loopDelayP99Ms } = usage;
    if (loopDelayMaxMs !== null) this.#maxMs = Math.max(this.#maxMs ?? 0, loopDelayMaxMs);
    if (this.#p50Ms.length === SECONDS_MAX) return;
    if (loopDelayP50Ms !== null) this.#p50Ms.push(loopDelayP50Ms);
    if (loopDelayP99Ms !== null) this.#p99Ms.push(loopDelayP99Ms);
  }
}

function medianOf(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
