/** `npm start` as two processes: what dies comes back, and the port is answered all the while. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { ProcessRig } from '../support/process-rig.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TrunklineProcess } from '../support/trunkline-process.ts';

const MORTAL = fileURLToPath(new URL('../support/mortal-process.ts', import.meta.url));
const mortal = (how: 'exit' | 'grow' | 'stall' | 'throw') => ({
  NODE_OPTIONS: `--import=${MORTAL} --max-old-space-size=160`,
  MORTAL: how,
});

/**
 * Connects again and again, until it is told to stop. Resolves with the longest time without a break in which the port was
 * refused.
 */
function watchPort(port: number) {
  let isWatching = true;
  let refusedMaxMs = 0;
  const watching = (async () => {
    let sinceMs: number | null = null;
    while (isWatching) {
      const triedAtMs = performance.now();
      const isRefused = await new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('connect', () => {
          socket.destroy();
          resolve(false);
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
      });
      sinceMs = isRefused ? (sinceMs ?? triedAtMs) : null;
      if (sinceMs !== null) refusedMaxMs = Math.max(refusedMaxMs, performance.now() - sinceMs);
    }
  })();
  return {
    stop: async () => {
      isWatching = false;
      await watching;
      return refusedMaxMs;
    },
  };
}

describe('the supervisor', () => {
  it('s15 keeps the port over a kill -9 and is back at once', async () => {
    const rig = await ProcessRig.start();
    const port = watchPort(rig.port);
    const diedAtMs = performance.now();
    rig.process.signalServer('SIGKILL');
    const answers = async () => expect((await rig.get('/readyz')).status).toBe(503);
    await vi.waitFor(answers, { interval: 5, timeout: 5000 });
    const answeredMs = performance.now() - diedAtMs;
    const atDeathMs = await port.stop();
    const portAgain = watchPort(rig.port);
    await rig.process.printsAgain(/Ready for calls/, 2);
    const readyMs = performance.now() - diedAtMs;
    const atReturnMs = await portAgain.stop();
    process.stdout.write(
      `kill -9: answered again after ${answeredMs.toFixed(0)} ms, ready after ${readyMs.toFixed(0)} ms; port refused for ${atDeathMs.toFixed(1)} ms when it died, ${atReturnMs.toFixed(1)} ms when it came back\n`,
    );
    expect(answeredMs).toBeLessThan(2000);
    expect(Math.max(atDeathMs, atReturnMs)).toBeLessThan(250);
    await rig.freshCallerIsServed();
  });

  it.each(['exit', 'grow', 'throw'] as const)(
    's15 restarts a server that dies by itself: %s',
    async (how) => {
      const rig = await ProcessRig.start({ environment: mortal(how) });
      const first = rig.process.serverPid;
      rig.process.signalServer('SIGUSR2');
      await vi.waitFor(() => expect(lost(rig).length).toBeGreaterThan(0), { timeout: 20_000, interval: 5 });
      await vi.waitFor(async () => expect((await rig.get('/healthz')).status).toBe(200), { timeout: 2000 });
      await rig.process.printsAgain(/Ready for calls/, 2);
      expect(rig.process.serverPid).not.toBe(first);
      await rig.freshCallerIsServed();
    },
  );

  it('s05 a loop that stalls for 3 s ends nothing, and the log says so', async () => {
    const rig = await ProcessRig.start({ environment: mortal('stall') });
    const call = rig.carrier.placeCall({
      to: '+12025550100',
      caller: {
        onAudioStart: () => rig.process.signalServer('SIGUSR2'),
        onMark: (caller) => {
          if (caller.nowMs > 4000) caller.hangUp();
        },
      },
      timeLimitMs: 30_000,
    });
    expect(await call.ended).toMatchObject({ endedBy: 'caller', errors: [], streams: { length: 1 } });
    expect(rig.process.events()).toContainEqual(expect.objectContaining({ event: 'loop.stalled' }));
    expect(lost(rig)).toEqual([]);
  });

  it('gives up on a server that dies at once each time, in a line and with code 1', {
    timeout: 120_000,
  }, async () => {
    const rig = await ProcessRig.start();
    let isOver = false;
    const exited = rig.process.exited.finally(() => {
      isOver = true;
    });
    let killed = 0;
    while (!isOver) {
      const { serverPid } = rig.process;
      if (serverPid !== killed) {
        killed = serverPid;
        rig.process.signalServer('SIGKILL');
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await exited).toBe(1);
    expect(rig.process.stderr).toMatch(/\nExpected the server to keep running, .*\(ERR_CRASH_LOOP\)\n$/);
  });

  it('stays small, and leaves no server behind when it is killed itself', async () => {
    const rig = await ProcessRig.start();
    const { pid, serverPid } = rig.process;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const ownMb = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
    const mapped = readFileSync(`/proc/${pid}/maps`, 'utf8');
    expect(ownMb).toBeLessThan(45);
    expect(mapped).not.toMatch(/uws|trunkline.*\.node/);
    rig.process.signal('SIGKILL');
    await vi.waitFor(() => expect(() => process.kill(serverPid, 0)).toThrow(), { timeout: 10_000 });
  });

  it('passes a signal on that comes twice from a terminal and npm as one, and another one later (s03)', async () => {
    const rig = await ProcessRig.start();
    const call = rig.carrier.placeCall({ to: '+12025550101', timeLimitMs: 60_000 });
    await vi.waitFor(async () => expect((await rig.records()).length).toBe(1), { timeout: 10_000 });
    rig.process.signal('SIGINT');
    rig.process.signal('SIGINT');
    await rig.process.prints(/Stopping: 1 live calls/);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await rig.get('/readyz')).status).toBe(503);
    const hurriedAtMs = performance.now();
    rig.process.signal('SIGINT');
    expect(await rig.process.exited).toBe(0);
    expect(performance.now() - hurriedAtMs).toBeLessThan(5000);
    call.hangUp();
  });

  it('ends with code 0 in 3 s when nobody calls (s02)', async () => {
    const rig = await ProcessRig.start();
    const toldAtMs = performance.now();
    rig.process.signal('SIGTERM');
    expect(await rig.process.exited).toBe(0);
    expect(performance.now() - toldAtMs).toBeLessThan(3000);
  });

  it('refuses a port that is taken, once and for all (s10)', async () => {
    const first = new TrunklineProcess(['start'], { DATA_DIR: temporaryFolder() });
    const { port } = new URL(await first.listens());
    const second = new TrunklineProcess(['start'], { DATA_DIR: temporaryFolder(), PORT: port });
    expect(await second.exited).toBe(1);
    expect(second.stderr).toMatch(/^Expected a free port [^\n]*\(ERR_PORT_TAKEN\)\n$/);
  });
});

function lost(rig: ProcessRig) {
  return rig.process.events().filter(({ event }) => event === 'server.lost');
}
