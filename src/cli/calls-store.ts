/** The records, as the commands about calls look at them: the file or database of the configuration, also while a server runs. */
import { join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { NewDial } from '../channel/dial-messages.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { type FlowSet, flowByHash } from '../flow/flow-set.ts';
import { createLog } from '../log.ts';
import type { Dials } from '../store/dials.ts';
import { openEngineToAsk, openEngineToRead } from '../store/open-engine.ts';
import { Outbox } from '../store/outbox.ts';
import { SqlStore } from '../store/sql-store.ts';

/** What the commands use of a store. What they write goes to whichever server has it. */
export interface CallsAtHand {
  readonly store: Pick<SqlStore, 'load' | 'list' | 'turnsOf' | 'liveCalls' | 'nodes'>;
  readonly outbox: Pick<Outbox, 'stateOf'>;
  readonly dials: Dials;
  /** With the flows that it may be about. Opened to ask. */
  putDial(dial: NewDial, flows: FlowSet): Promise<void>;
  /** Has whichever node has the call end it. */
  hangUp(callSid: string): Promise<void>;
}

/** One reads while another waits. */
const CONNECTIONS_MAX = 2;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Runs `look`, and closes the store after it. Rejects with ConfigError where there is none. `to`: default read. */
export async function withCalls<Result>(
  config: Config,
  look: (calls: CallsAtHand) => Promise<Result>,
  to: 'read' | 'ask' = 'read',
): Promise<Result> {
  const { DATA_DIR, DATABASE_URL } = config;
  const open = to === 'read' ? openEngineToRead : openEngineToAsk;
  const engine = await open(
    {
      path: join(resolve(DATA_DIR), 'trunkline.db'),
      database: DATABASE_URL === undefined ? null : { url: DATABASE_URL, poolMax: CONNECTIONS_MAX },
    },
    createLog({ level: config.LOG_LEVEL }),
  );
  const store = new SqlStore(engine);
  const hangUp = async (callSid: string): Promise<void> => {
    await store.write([{ kind: 'hang-up', callSid }]);
  };
  const putDial = async (dial: NewDial, flows: FlowSet): Promise<void> => {
    const atWallMs = dial.askedAtWallMs;
    const flow = flowByHash(flows, dial.flowHash);
    await store.write([
      ...(flow === undefined
        ? []
        : [{ kind: 'flow' as const, hash: flow.hash, name: flow.name, text: flow.text, atWallMs }]),
      { kind: 'dial', dial },
    ]);
  };
  try {
    return await look({
      store,
      outbox: new Outbox(engine, store.nodeId),
      dials: store.dials,
      putDial,
      hangUp,
    });
  } finally {
    await store.close();
  }
}

/** `30m`, `12h`, `7d`, or a date: a moment in the past. */
export type Since = (clock: Clock) => number;

/** For commander. Throws InvalidArgumentError. */
export function parseSince(value: string): Since {
  const ago = /^(\d{1,5})([mhd])$/.exec(value);
  if (ago !== null) {
    const unitMs = UNIT_MS[ago[2] as keyof typeof UNIT_MS];
    return (clock) => clock.wallMs() - Number(ago[1]) * unitMs;
  }
  const atWallMs = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atWallMs))
    throw new InvalidArgumentError('Expected a time as 30m, 12h, 7d, 2026-11-22 or 2026-11-22T09:00Z.');
  return () => atWallMs;
}

/** For commander. Throws InvalidArgumentError. */
export function parseLimit(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value))
    throw new InvalidArgumentError('Expected a whole number from 1 to 9999.');
  return Number(value);
}
