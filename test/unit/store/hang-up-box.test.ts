import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { HangUpBox } from '../../../src/store/hang-up-box.ts';
import { SqlStore } from '../../../src/store/sql-store.ts';
import { SqliteEngine } from '../../../src/store/sqlite-engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function boxUnderTest() {
  const path = join(temporaryFolder(), 'calls.sqlite');
  const engine = SqliteEngine.open(path);
  const clock = new FakeClock();
  const told: string[] = [];
  const box = new HangUpBox({ engine, onHangUp: (callSid) => told.push(callSid), clock, log: silentLog });
  const command = new SqlStore(SqliteEngine.openToAsk(path));
  onTestFinished(async () => {
    box.close();
    await command.close();
    await engine.close();
  });
  const advanceMs = async (byMs: number) => {
    clock.advanceMs(byMs);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return { advanceMs, box, clock, command, engine, told };
}

it('tells within half a second, and once, of each call that another process wants ended', async () => {
  const { advanceMs, box, clock, command, told } = boxUnderTest();
  box.begin();
  await command.write([
    { kind: 'hang-up', callSid: 'CA1' },
    { kind: 'hang-up', callSid: 'CA2' },
    { kind: 'hang-up', callSid: 'CA1' },
  ]);
  expect(told).toEqual([]);
  await advanceMs(500);
  expect(told).toEqual(['CA1', 'CA2']);
  await advanceMs(5000);
  expect(told).toEqual(['CA1', 'CA2']);
  box.close();
  expect(clock.pendingTimers()).toBe(0);
});

it('goes on looking when the file is locked', async () => {
  const { advanceMs, box, command, engine, told } = boxUnderTest();
  box.begin();
  await command.write([{ kind: 'hang-up', callSid: 'CA1' }]);
  const { transact } = engine;
  engine.transact = () => Promise.reject(Object.assign(new Error('database is locked'), { errcode: 5 }));
  await advanceMs(500);
  expect(told).toEqual([]);
  engine.transact = transact;
  await advanceMs(500);
  expect(told).toEqual(['CA1']);
});
