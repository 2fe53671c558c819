/**
 * `npm run record:calls`: makes the recorded calls of test/fixtures/recorded-calls anew. For after a change that calls are
 * meant to show; a test that fails without one has found a defect.
 */
import { spawn } from 'node:child_process';

const command = ['run', '--project', 'integration', 'test/integration/recorded-calls.test.ts'];
const child = spawn('vitest', command, { stdio: 'inherit', env: { ...process.env, RERECORD: '1' } });
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
