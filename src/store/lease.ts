/** Work that one node at a time does: whoever holds its lease. */
import type { SqlEngine } from './sql-engine.ts';

export class Lease {
  readonly #engine: Pick<SqlEngine, 'tables' | 'transact'>;
  readonly #name: string;
  readonly #nodeId: string;
  readonly #leaseMaxMs: number;

  /**
   * No lease is longer than `leaseMaxMs`: one that says otherwise was written by a clock that has been set back since, and is over
   * (fault s08).
   */
  constructor(
    engine: Pick<SqlEngine, 'tables' | 'transact'>,
    of: { readonly name: string; readonly nodeId: string; readonly leaseMaxMs: number },
  ) {
    this.#engine = engine;
    this.#name = of.name;
    this.#nodeId = of.nodeId;
    this.#leaseMaxMs = of.leaseMaxMs;
  }

  /** Takes or keeps it. False: another node has it. */
  async hold(nowWallMs: number, leaseMs: number): Promise<boolean> {
    const taken = { holder: this.#nodeId, until_wall_ms: nowWallMs + leaseMs };
    const take = this.#engine.tables
      .insertInto('leases')
      .values({ name: this.#name, ...taken })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet(taken)
          .where((row) =>
            row.or([
              row('leases.holder', '=', this.#nodeId),
              row('leases.until_wall_ms', '<', nowWallMs),
              row('leases.until_wall_ms', '>', nowWallMs + this.#leaseMaxMs),
            ]),
          ),
      );
    const [result] = await this.#engine.transact([take.compile()]);
    return (result?.affectedRows ?? 0) > 0;
  }

  /** For a node that goes: the next one need not wait. */
  async release(): Promise<void> {
    const release = this.#engine.tables
      .deleteFrom('leases')
      .where('name', '=', this.#name)
      .where('holder', '=', this.#nodeId);
    await this.#engine.transact([release.compile()]);
  }
}
