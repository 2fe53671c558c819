/** Whole Trunklines over one PostgreSQL. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PostgresEngine } from '../../src/store/postgres-engine.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { postgresMissing, TestPostgres } from '../support/postgres.ts';
import { silentLog } from '../support/silent-log.ts';
import { pause } from '../support/store-load.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const ACCOUNT = `AC${'0'.repeat(32)}`;
/** A node that has a file to itself redirects, 3 s after its start, what is silent. */
const SILENT_MS = 3000;

describe.skipIf(postgresMissing !== null)('a node that starts beside another', () => {
  it('redirects none of the calls that are live there', async () => {
    const postgres = await TestPostgres.start();
    onTestFinished(() => postgres.close());
    const url = await postgres.createDatabase();
    const asked: string[] = [];
    const rest = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{}');
    });
    await new Promise<void>((resolve) => rest.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void rest.close());
    const other = new SqlStore(await PostgresEngine.open({ url, poolMax: 2 }, silentLog));
    onTestFinished(() => other.close());
    const callSid = `CA${'1'.repeat(32)}`;
    const live = { callSid, attempt: 0, from: '', to: '', flowHash: 'f', atWallMs: Date.now() };
    await other.write([{ kind: 'begin', ...live }]);
    const rig = await TrunklineRig.start({
      DATABASE_URL: url,
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_API_BASE_URL: `http://127.0.0.1:${(rest.address() as AddressInfo).port}`,
    });
    onTestFinished(() => rig.close());
    await pause(SILENT_MS + 500);
    expect(asked).toEqual([]);
  }, 60_000);
});
