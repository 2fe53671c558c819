/** Commits one state after another to the file named by its argument, and prints the number of each that is durable. */
import { writeSync } from 'node:fs';
import { SqliteStore } from '../../src/store/sqlite-store.ts';

const store = SqliteStore.open(String(process.argv[2]));
const call = { callSid: 'CA1', attempt: 0, atWallMs: 0 };
await store.write([{ kind: 'begin', ...call, from: '', to: '', flowHash: '' }]);
for (let turn = 1; ; turn++) {
  await store.write([
    { kind: 'commit', ...call, state: JSON.stringify({ turn }), outcome: null, answers: '{}' },
  ]);
  writeSync(1, `${turn}\n`);
}
