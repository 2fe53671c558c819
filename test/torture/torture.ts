/**
 * `npm run test:torture`: 200 times `kill -9` on SQLite and on PostgreSQL, and what became of the writes that were confirmed.
 * Writes bench/results/torture.md. `-- --kills 50` for fewer, `-- --engine sqlite` for one of them.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { StoreWorkerStart } from '../../src/channel/store-messages.ts';
import { postgresMissing, TestPostgres } from '../support/postgres.ts';
import { type KillRunResult, runKills } from './kill-run.ts';

const RESULTS = fileURLToPath(new URL('../../bench/results/torture.md', import.meta.url));

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, engine: { type: 'string', default: 'both' } },
});
const kills = Number(values.kills);
const folder = mkdtempSync(join(tmpdir(), 'trunkline-torture-'));
const common = {
  path: join(folder, 'calls.sqlite'),
  logLevel: 'silent',
  logPii: false,
  callLifeMs: 600_000,
  // Nobody listens there: what is in the outbox stays in it.
  results: { url: 'http://127.0.0.1:9/', secret: 'a secret of the torture test' },
} as const;
const results: { name: string; result: KillRunResult }[] = [];

async function run(name: string, start: StoreWorkerStart): Promise<void> {
  const result = await runKills(start, kills, {
    random: Math.random,
    onKill: (kill) => {
      if (kill % 10 === 0) console.log(`${name}: ${kill} of ${kills}`);
    },
  });
  for (const fault of result.faults) console.log(`${name}: ${fault}`);
  results.push({ name, result });
}

try {
  if (values.engine !== 'postgres') await run('SQLite', common);
  if (values.engine !== 'sqlite') {
    if (postgresMissing !== null) console.log(`PostgreSQL is left out: ${postgresMissing}`);
    else {
      const server = await TestPostgres.start({ isDurable: true });
      try {
        const url = await server.createDatabase();
        await run('PostgreSQL', { ...common, database: { url, poolMax: 4 } });
      } finally {
        await server.close();
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
writeFileSync(RESULTS, report());
console.log(report());
process.exitCode = results.every(({ result }) => result.faults.length === 0) ? 0 : 1;

function report(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const rows = results.map(
    ({ name, result }) =>
      `| ${name} | ${result.kills} | ${result.confirmedWrites} | ${result.faults.length} | ${result.openMedianMs.toFixed(0)} ms | ${result.openWorstMs.toFixed(0)} ms |`,
  );
  return `# kill -9 under load

A process writes 50 calls at once through the store thread, as the server does, and is killed at a random moment within 400 ms;
then the same store is opened again. A fault is a write that was answered \`durable\` and is not there, a turn without its
state or a result without its end, or a file that fails SQLite's integrity check. \`npm run test:torture\` repeats it.

${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, Node ${process.version}, commit ${commit}.

| Engine | kill -9 | writes confirmed | faults | to open it again, median | worst |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
