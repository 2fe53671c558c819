import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { processUsage } from '../../../src/load/process-usage.ts';

const BUSY = 'while (process.cpuUsage().user < 400_000); process.send("done"); setInterval(() => {}, 1000);';

/** A process that does nothing but to start one that is busy for 400 ms of CPU. */
async function supervisor(): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(BUSY)}], { stdio: ["ignore", "ignore", "ignore", "ipc"] }).on("message", () => process.send("done"))`,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true },
  );
  onTestFinished(() => {
    process.kill(-child.pid!, 'SIGKILL');
  });
  await once(child, 'message');
  return child.pid!;
}

describe.skipIf(process.platform !== 'linux')('what a process uses', () => {
  it('is its own and that of what it has started', async () => {
    const usage = processUsage(await supervisor());
    expect(usage.cpuMs).toBeGreaterThanOrEqual(400);
    expect(usage.residentBytes).toBeGreaterThan(60 * 1024 * 1024);
  });

  it('of none is an error that names the option', () => {
    expect(() => processUsage(2 ** 22 + 1)).toThrow(/--server-pid: expected a process of this machine/);
  });
});
