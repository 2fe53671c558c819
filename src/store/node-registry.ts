/**
 * This node among those that share a PostgreSQL: says every 2 s that it lives, ends in the records the calls of nodes that
 * do not, and hears when one of its calls is to be hung up. Times are the database's own: the clocks of nodes differ. A
 * node that cannot reach the database goes on with its calls; if others have meanwhile taken it for dead, its calls' true
 * ends are written when it can. Store thread.
 */
import { sql } from 'kysely';
import type { Clock, Timer } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ChannelListener } from './channel-listener.ts';
import type { SqlEngine } from './sql-engine.ts';
import { databaseWallMs, NODE_LIFE_MS } from './sql-store.ts';
import { RETURN_GRACE_MS, type StoreStatements } from './store-statements.ts';

export interface NodeRegistryParts {
  readonly engine: Pick<SqlEngine, 'tables' | 'transact'>;
  readonly statements: Pick<StoreStatements, 'endAll'>;
  readonly nodeId: string;
  readonly url: string;
  readonly listener: Pick<ChannelListener, 'begin' | 'close'>;
  readonly clock: Clock;
  readonly log: Log;
}

const BEAT_EVERY_MS = 2000;
/** Every fifth beat looks for the dead. */
const BEATS_A_SWEEP = 5;
/** So long the row of a dead node tells people that there was one. */
const FORGET_AFTER_MS = 86_400_000;

export class NodeRegistry {
  readonly #parts: NodeRegistryParts;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #beats = 0;
  #isClosed = false;
  #isAway = false;
  /** Of the heartbeats that came without a gap, the first; monotonic, null while there are none. */
  #seenSinceMs: number | null = null;
  #liveCalls = 0;
  #isDraining = false;

  constructor(parts: NodeRegistryParts) {
    this.#parts = parts;
  }

  /** The first heartbeat now. Never throws. */
  begin(): void {
    this.#parts.listener.begin();
    this.#beat();
  }

  /** For the next heartbeats. */
  report(liveCalls: number, isDraining: boolean): void {
    this.#liveCalls = liveCalls;
    this.#isDraining = isDraining;
  }

  /** This node goes of its own will: nobody needs to look for it. Idempotent; never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { clock, engine, listener, nodeId } = this.#parts;
    if (this.#timer !== null) clock.clearTimer(this.#timer);
    await Promise.all([this.#running, listener.close()]);
    const leave = engine.tables.deleteFrom('nodes').where('node_id', '=', nodeId).compile();
    await engine.transact([leave]).catch(() => {});
  }

  #beat(): void {
    this.#running = this.#beatOnce().then(() => {
      if (this.#isClosed) return;
      this.#timer = this.#parts.clock.setTimer(BEAT_EVERY_MS, () => this.#beat());
    });
  }

  async #beatOnce(): Promise<void> {
    const { clock, log } = this.#parts;
    try {
      await this.#sayAlive();
      this.#seenSinceMs ??= clock.nowMs();
      // After the database was away, nobody has been seen for a while: those who live get the time to say so.
      const isSettled = clock.nowMs() - this.#seenSinceMs >= NODE_LIFE_MS;
      if (isSettled && this.#beats++ % BEATS_A_SWEEP === 0) await this.#sweep();
      if (this.#isAway) log.info({ event: 'node.back' }, 'other nodes see this one again');
      this.#isAway = false;
    } catch (thrown) {
      if (!this.#isAway)
        log.warn({ event: 'node.unseen', err: toErrorRecord(thrown) }, 'other nodes cannot see this one');
      this.#isAway = true;
      this.#seenSinceMs = null;
    }
  }

  async #sayAlive(): Promise<void> {
    const { engine, nodeId, url } = this.#parts;
    const now = {
      live_calls: this.#liveCalls,
      is_draining: this.#isDraining ? 1 : 0,
      seen_at_wall_ms: databaseWallMs,
    };
    const alive = engine.tables
      .insertInto('nodes')
      .values({ node_id: nodeId, url, started_at_wall_ms: databaseWallMs, ...now })
      .onConflict((conflict) => conflict.column('node_id').doUpdateSet(now))
      .compile();
    await engine.transact([alive]);
  }

  /**
   * Calls of a node that is dead, and that came back on no other, end with an honest reason: nobody saw how. One that comes
   * back all the same is begun again, and its result waits long enough for that.
   */
  async #sweep(): Promise<void> {
    const { clock, engine, log, statements } = this.#parts;
    const dead = engine.tables
      .selectFrom('nodes')
      .select('node_id')
      .where('seen_at_wall_ms', '<', sql<number>`${databaseWallMs} - ${sql.lit(NODE_LIFE_MS)}`);
    const atWallMs = clock.wallMs();
    const end = statements.endAll(
      (row) => row('node_id', 'in', dead),
      'node lost',
      atWallMs,
      atWallMs + RETURN_GRACE_MS,
    );
    const forget = engine.tables
      .deleteFrom('nodes')
      .where('seen_at_wall_ms', '<', sql<number>`${databaseWallMs} - ${sql.lit(FORGET_AFTER_MS)}`)
      .compile();
    const calls = (await engine.transact([forget, ...end])).at(-1)?.affectedRows ?? 0;
    if (calls > 0) log.warn({ event: 'calls.abandoned', calls }, 'calls of a dead node were marked as lost');
  }
}
