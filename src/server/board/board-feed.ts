/**
 * `GET /api/board`: what the board shows, twice a second, as server-sent events. Made once for all who watch, and not at all
 * while nobody does. A watcher who has not read the last one misses the next, and is cut if that lasts; so one snapshot a
 * watcher is all that waits here. I/O thread.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { Clock, Timer } from '../../clock.ts';
import { toErrorRecord } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { AnswerStream } from '../answer-stream.ts';
import type { Exchange } from '../exchange.ts';
import { problemAnswer } from '../problem.ts';

const EVERY_MS = 500;
const WATCHERS_MAX = 32;
/** A page in the background reads; a machine that sleeps does not, and comes back by itself. */
const UNREAD_MAX_MS = 5000;

interface Watcher {
  readonly stream: AnswerStream;
  /** Since when it has not read the last snapshot; null: it has. */
  fullSinceMs: number | null;
}

export interface BoardFeedParts {
  readonly clock: Clock;
  readonly log: Log;
  /** As JSON can tell it. */
  readonly snapshot: () => unknown;
}

export class BoardFeed {
  readonly #parts: BoardFeedParts;
  readonly #watchers = new Set<Watcher>();
  #timer: Timer | null = null;
  #latest = '';
  #madeAtMs = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #isClosed = false;

  constructor(parts: BoardFeedParts) {
    this.#parts = parts;
  }

  get watcherCount(): number {
    return this.#watchers.size;
  }

  answer(exchange: Exchange): void {
    if (this.#isClosed || this.#watchers.size >= WATCHERS_MAX) {
      exchange.answer(
        problemAnswer({
          status: '429 Too Many Requests',
          code: 'too-many',
          title: 'Too many watch the board',
          detail: `At most ${WATCHERS_MAX} may watch at once: close a board that nobody looks at.`,
          headers: { 'Retry-After': '10' },
        }),
      );
      return;
    }
    const first = {
      status: '200 OK',
      contentType: 'text/event-stream',
      // A proxy that gathers answers would hold the events back.
      headers: { 'X-Accel-Buffering': 'no' },
      body: this.#latestOrNew() || ': nothing yet\n\n',
    };
    const stream = exchange.stream(first, () => this.#forget(stream));
    if (stream === null) return;
    this.#watchers.add({ stream, fullSinceMs: null });
    this.#timer ??= this.#tickLater();
  }

  /** Ends every stream. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const { stream } of [...this.#watchers]) stream.end();
  }

  #forget(stream: AnswerStream | null): void {
    for (const watcher of this.#watchers) if (watcher.stream === stream) this.#watchers.delete(watcher);
    if (this.#watchers.size > 0 || this.#timer === null) return;
    this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #tickLater(): Timer {
    return this.#parts.clock.setTimer(EVERY_MS, () => {
      this.#timer = this.#tickLater();
      this.#tick();
    });
  }

  #tick(): void {
    const event = this.#make();
    for (const watcher of [...this.#watchers]) this.#tell(watcher, event);
  }

  #tell(watcher: Watcher, event: string): void {
    if (!watcher.stream.isFull) {
      watcher.fullSinceMs = null;
      if (event !== '') watcher.stream.write(event);
      return;
    }
    const nowMs = this.#parts.clock.nowMs();
    watcher.fullSinceMs ??= nowMs;
    if (nowMs - watcher.fullSinceMs >= UNREAD_MAX_MS) watcher.stream.cut();
  }

  /** Who comes in between gets the last one: none is made more often than they are sent. */
  #latestOrNew(): string {
    const isFresh = this.#timer !== null || this.#parts.clock.nowMs() - this.#madeAtMs < EVERY_MS;
    return isFresh ? this.#latest : this.#make();
  }

  /** Empty: none could be made. */
  #make(): string {
    const { clock, log, snapshot } = this.#parts;
    this.#madeAtMs = clock.nowMs();
    try {
      // JSON has no line break of its own, so one `data` line holds it.
      this.#latest = `event: board\ndata: ${JSON.stringify(snapshot())}\n\n`;
      this.#hasFailed = false;
    } catch (thrown) {
      this.#latest = '';
      if (!this.#hasFailed)
        log.error({ event: 'board.failed', err: toErrorRecord(thrown) }, 'the board could not be shown');
      this.#hasFailed = true;
    }
    return this.#latest;
  }
}
