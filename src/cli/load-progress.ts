/** How a load goes while it goes: a bar with numbers on a terminal, a line now and then elsewhere. */
import cliProgress from 'cli-progress';
import type { Phase } from '../load/measurements.ts';
import type { TimelinePoint } from '../load/timeline.ts';
import type { Output } from './prompt-progress.ts';

/** A line so often: a log is no terminal. */
const LINE_EVERY_MS = 5000;

export class LoadProgress {
  readonly #output: Output;
  readonly #bar: cliProgress.SingleBar | null;
  #lineAtMs = Number.NEGATIVE_INFINITY;
  #phase: Phase | null = null;

  /** A bar is on the terminal from now until `stop`. */
  constructor(output: Output, calls: number) {
    this.#output = output;
    this.#bar =
      output.isTTY === true
        ? new cliProgress.SingleBar(
            {
              format: '{phase} {bar} {value} of {total} calls  {numbers}',
              stream: output as NodeJS.WriteStream,
              clearOnComplete: true,
              barsize: 20,
              gracefulExit: false,
            },
            cliProgress.Presets.shades_classic,
          )
        : null;
    this.#bar?.start(calls, 0, { phase: 'ramp  ', numbers: '' });
  }

  update(point: TimelinePoint, phase: Phase): void {
    if (this.#bar !== null) {
      this.#bar.update(point.live, { phase: phase.padEnd(6), numbers: numbersOf(point) });
      return;
    }
    const isNews = phase !== this.#phase;
    if (!isNews && point.atMs - this.#lineAtMs < LINE_EVERY_MS) return;
    this.#lineAtMs = point.atMs;
    this.#phase = phase;
    this.#output.write(
      `${(point.atMs / 1000).toFixed(0).padStart(4)} s  ${phase.padEnd(6)}  ${point.live} live  ${numbersOf(point)}\n`,
    );
  }

  /** The bar is gone; idempotent. */
  stop(): void {
    this.#bar?.stop();
  }
}

function numbersOf(point: TimelinePoint): string {
  const { latenessP99Ms, offered, refused, serverCpuRatio, serverResidentBytes, turnP99Ms } = point;
  return [
    `${offered} offered`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    `turn p99 ${turnP99Ms.toFixed(0)} ms`,
    `server ${(100 * serverCpuRatio).toFixed(0)} % ${(serverResidentBytes / 2 ** 20).toFixed(0)} MB`,
    `own lateness p99 ${latenessP99Ms.toFixed(1)} ms`,
  ].join('  ');
}
