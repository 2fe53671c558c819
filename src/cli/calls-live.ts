/**
 * `trunkline calls live`: the calls that are on now, on every node that shares the store, and how the nodes are. With
 * `--watch` it goes on showing them: PostgreSQL says when one begins or ends, and every 2 s it looks by itself.
 */
import type { Command } from 'commander';
import { type Clock, systemClock } from '../clock.ts';
import { type Config, readConfig } from '../config.ts';
import { toErrorRecord } from '../errors.ts';
import { createLog } from '../log.ts';
import { LIVE_CHANNEL } from '../store/sql-store.ts';
import { type CallsAtHand, parseLimit, withCalls } from './calls-store.ts';
import { describeLive, type LiveCalls, liveReport, masked } from './live-calls.ts';
import type { Output } from './prompt-progress.ts';

const EXAMPLES = `
A call is live that has no end in the records; one whose node is silent or dead may come back on another, or is in time marked
as lost. Reads the file in DATA_DIR, or the database of DATABASE_URL, from any machine. Examples:
  npx trunkline calls live
  npx trunkline calls live --watch                          # until Ctrl-C
  npx trunkline calls live --watch --json | jq '.calls | length'   # a line whenever something changes`;

const LOOK_EVERY_MS = 2000;
/** A burst of calls that begin is one look. */
const SETTLE_MS = 100;
const CLEAR_SCREEN = '\u001b[H\u001b[J';

export interface LiveOptions {
  readonly limit: number;
  readonly json: boolean;
  readonly unmask: boolean;
}

export function registerCallsLive(calls: Command): void {
  calls
    .command('live')
    .description('Show the calls that are on now, on all nodes, and how the nodes are.')
    .option('--watch', 'go on showing them until Ctrl-C', false)
    .option('--limit <count>', 'at most so many calls, oldest first', parseLimit, 100)
    .option('--json', 'as JSON', false)
    .option('--unmask', 'with whole numbers', false)
    .addHelpText('after', EXAMPLES)
    .action(async (options: LiveOptions & { readonly watch: boolean }) => {
      const { watch, ...shown } = options;
      if (!watch) return showLive(readConfig(), shown, process.stdout, systemClock);
      const ended = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ended.abort());
      return watchLive(readConfig(), shown, process.stdout, systemClock, ended.signal);
    });
}

export async function showLive(
  config: Config,
  options: LiveOptions,
  output: Output,
  clock: Clock,
): Promise<void> {
  const live = await withCalls(config, (calls) => look(calls, options.limit));
  const shown = options.unmask ? live : masked(live);
  const text = options.json
    ? JSON.stringify(liveReport(shown), null, 2)
    : describeLive(shown, clock.wallMs());
  output.write(`${text}\n`);
}

/** Until `signal`. A database that does not answer is asked again, and said to be away. */
export async function watchLive(
  config: Config,
  options: LiveOptions,
  output: Output,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  // A reader that has gone (`| head`) ends it without a word.
  const ended = new AbortController();
  output.on('error', () => ended.abort());
  const anyEnd = AbortSignal.any([signal, ended.signal]);
  let told = '';
  const tell = (changed: string, text: string): void => {
    // On a terminal the seconds go on; elsewhere only what has changed is news.
    if (output.isTTY === true && !options.json) output.write(`${CLEAR_SCREEN}${text}\n`);
    else if (changed !== told) output.write(options.json ? `${text}\n` : `${text}\n\n`);
    told = changed;
  };
  await withCalls(config, async (calls) => {
    const news = new News(clock, anyEnd);
    const stopHearing = await hear(config, clock, () => news.came());
    try {
      while (!anyEnd.aborted) {
        try {
          const live = await look(calls, options.limit);
          const shown = options.unmask ? live : masked(live);
          tell(
            JSON.stringify([shown.calls, shown.nodes.map(({ isDraining, nodeId }) => [nodeId, isDraining])]),
            options.json ? JSON.stringify(liveReport(shown)) : describeLive(shown, clock.wallMs()),
          );
        } catch (thrown) {
          const { message } = toErrorRecord(thrown);
          tell(message, options.json ? JSON.stringify({ error: message }) : `No answer: ${message}`);
        }
        await news.wait();
      }
    } finally {
      await stopHearing();
    }
  });
}

async function look({ store }: CallsAtHand, limit: number): Promise<LiveCalls> {
  const [found, nodes] = [await store.liveCalls(limit + 1), await store.nodes()];
  return { calls: found.slice(0, limit), isCut: found.length > limit, nodes };
}

/** Resolves with what ends it. A file says nothing by itself. */
async function hear(config: Config, clock: Clock, onNews: () => void): Promise<() => Promise<void>> {
  const { DATABASE_URL: url, LOG_LEVEL: level } = config;
  if (url === undefined) return async () => {};
  const { ChannelListener } = await import('../store/channel-listener.ts');
  const log = createLog({ level });
  const listener = new ChannelListener({ url, channel: LIVE_CHANNEL, onMessage: onNews, clock, log });
  listener.begin();
  return () => listener.close();
}

/** Waits until something is said to have changed, or it is time to look by oneself. */
class News {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #hasCome = false;
  #isSettling = false;
  #wake: () => void = () => {};

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake());
  }

  came(): void {
    this.#hasCome = true;
    if (!this.#isSettling) this.#wake();
  }

  async wait(): Promise<void> {
    if (!this.#hasCome) await this.#sleep(LOOK_EVERY_MS);
    this.#hasCome = false;
    this.#isSettling = true;
    await this.#sleep(SETTLE_MS);
    this.#isSettling = false;
  }

  #sleep(delayMs: number): Promise<void> {
    if (this.#signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(delayMs, resolve);
      this.#wake = () => {
        this.#clock.clearTimer(timer);
        resolve();
      };
    });
  }
}
