/**
 * `kill -9` at random moments, again and again, of a process that writes calls to one store; after each, the store is opened
 * as a server opens it, and everything that was confirmed must be in it.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { StoreWorkerStart } from '../../src/channel/store-messages.ts';
import { openEngine } from '../../src/store/open-engine.ts';
import type { SqlEngine } from '../../src/store/sql-engine.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { silentLog } from '../support/silent-log.ts';

const WRITER = fileURLToPath(new URL('./torture-writer.ts', import.meta.url));
/** From the moment when the store is open to the kill. */
const LIFE_MAX_MS = 400;
/** A writer that does not open its store is a failure, not a wait. */
const OPEN_DEADLINE_MS = 30_000;

export interface KillRunResult {
  readonly kills: number;
  /** Writes that were confirmed before a kill. */
  readonly confirmedWrites: number;
  /** In words; empty is what is wanted. */
  readonly faults: readonly string[];
  /** To open the store after a kill, recovery included. */
  readonly openMedianMs: number;
  readonly openWorstMs: number;
}

interface Confirmed {
  readonly begun: Set<string>;
  readonly ended: Set<string>;
  /** Call -> its last turn. */
  readonly turns: Map<string, number>;
  count: number;
}

export async function runKills(
  start: StoreWorkerStart,
  kills: number,
  options: { readonly random: () => number; readonly onKill?: (kill: number) => void },
): Promise<KillRunResult> {
  const faults: string[] = [];
  const openMs: number[] = [];
  let confirmedWrites = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const confirmed = await writeUntilKilled(start, `k${kill}`, options.random() * LIFE_MAX_MS);
    confirmedWrites += confirmed.count;
    const openedAtMs = performance.now();
    const engine = await openEngine(start, silentLog);
    const store = new SqlStore(engine);
    openMs.push(performance.now() - openedAtMs);
    for (const fault of await faultsOf(store, engine, confirmed)) faults.push(`kill ${kill}: ${fault}`);
    await store.close();
    options.onKill?.(kill);
  }
  const sorted = openMs.toSorted((a, b) => a - b);
  return {
    kills,
    confirmedWrites,
    faults,
    openMedianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    openWorstMs: sorted.at(-1) ?? 0,
  };
}

/** Resolves when the process is dead and all that it had said is read. */
function writeUntilKilled(start: StoreWorkerStart, name: string, lifeMs: number): Promise<Confirmed> {
  const flags = ['--disable-warning=ExperimentalWarning', WRITER, JSON.stringify(start), name];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const confirmed: Confirmed = { begun: new Set(), ended: new Set(), turns: new Map(), count: 0 };
  return new Promise((resolve, reject) => {
    let rest = '';
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('the writer did not open its store'));
    }, OPEN_DEADLINE_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk).split('\n');
      // A line that was cut by the kill was not confirmed.
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'open') {
          clearTimeout(late);
          setTimeout(() => child.kill('SIGKILL'), lifeMs);
        } else {
          note(confirmed, line);
        }
      }
    });
    child.on('close', (code, signal) => {
      clearTimeout(late);
      if (signal === 'SIGKILL') resolve(confirmed);
      else reject(new Error(`the writer ended by itself with ${code ?? signal}`));
    });
  });
}

function note(confirmed: Confirmed, line: string): void {
  const [what, callSid = '', turn] = line.split(' ');
  confirmed.count += 1;
  if (what === 'begun') confirmed.begun.add(callSid);
  else if (what === 'ended') confirmed.ended.add(callSid);
  else confirmed.turns.set(callSid, Number(turn));
}

async function faultsOf(store: SqlStore, engine: SqlEngine, confirmed: Confirmed): Promise<string[]> {
  const faults: string[] = [];
  if (engine.name === 'sqlite') {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(engine.tables);
    if (rows[0]?.integrity_check !== 'ok') faults.push(`the file is damaged: ${JSON.stringify(rows)}`);
  }
  const due = await engine.tables.selectFrom('outbox').select('call_sid').execute();
  const outbox = new Set(due.map(({ call_sid }) => call_sid));
  for (const callSid of confirmed.begun) {
    const call = await store.load(callSid);
    const turn = confirmed.turns.get(callSid) ?? 0;
    if (call === null) {
      faults.push(`${callSid} is not there`);
      continue;
    }
    const kept = (call.state as { turn: number } | null)?.turn ?? 0;
    if (kept < turn) faults.push(`${callSid} is at turn ${kept} after ${turn} was confirmed`);
    const turns = await store.turnsOf(callSid);
    // Each turn came with its state, or not at all.
    if (turns.length !== kept) faults.push(`${callSid} has ${turns.length} turns at turn ${kept}`);
    if (confirmed.ended.has(callSid) && call.endReason !== 'completed') faults.push(`${callSid} has no end`);
    if (outbox.has(callSid) !== (call.endReason === 'completed'))
      faults.push(`${callSid}'s result and its end are not there together`);
  }
  return faults;
}
