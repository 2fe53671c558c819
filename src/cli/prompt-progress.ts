/** How many prompts are there, while they are made: a bar on a terminal, now and then a line elsewhere. */
import type { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import type { Clock } from '../clock.ts';

/** A line so often: a log is no terminal. */
const LINE_EVERY_MS = 5000;

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export class PromptProgress {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #total: number;
  readonly #bar: cliProgress.SingleBar | null;
  #done = 0;
  #lineAtMs: number;

  /** A bar is on the terminal from now until `stop`. */
  constructor(output: Output, total: number, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
    this.#total = total;
    this.#lineAtMs = clock.nowMs();
    this.#bar =
      output.isTTY === true && total > 0
        ? new cliProgress.SingleBar(
            {
              format: 'Prompts {bar} {value} of {total}',
              stream: output as NodeJS.WriteStream,
              clearOnComplete: true,
              barsize: 30,
              gracefulExit: false,
            },
            cliProgress.Presets.shades_classic,
          )
        : null;
    this.#bar?.start(total, 0);
  }

  update(done: number): void {
    this.#done = done;
    this.#bar?.update(done);
    if (this.#bar !== null || this.#clock.nowMs() - this.#lineAtMs < LINE_EVERY_MS) return;
    this.#lineAtMs = this.#clock.nowMs();
    this.#output.write(`Prompts: ${done} of ${this.#total}\n`);
  }

  /** The bar is gone; idempotent. Tells how far it came where it was not to the end. */
  stop(): void {
    if (this.#bar?.isActive !== true) return;
    this.#bar.stop();
    if (this.#done < this.#total) this.#output.write(`Prompts: ${this.#done} of ${this.#total}\n`);
  }
}
