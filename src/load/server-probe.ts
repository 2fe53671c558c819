/**
 * Loaded into the server's process beside it (`--import`): answers each message of its parent with what the process has
 * used since the message before. The workers of that process load it too, and there it does nothing.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

export interface ServerUsage {
  /** User and system, all threads. */
  readonly cpuMs: number;
  /** Of the I/O thread, beyond the sampling interval; 0 where the loop kept its time. */
  readonly loopDelayP50Ms: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly residentMb: number;
}

/** A frame's length. Each sample wakes the server, and counts as its work. */
const RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

if (isMainThread && process.send !== undefined) {
  // Whoever asked for this server is gone, and with it every caller.
  process.on('disconnect', () => process.exit());
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let before = process.cpuUsage();
  const beyond = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  process.on('message', () => {
    const { system, user } = process.cpuUsage(before);
    const usage: ServerUsage = {
      cpuMs: (system + user) / 1000,
      loopDelayP50Ms: beyond(delay.percentile(50)),
      loopDelayP99Ms: beyond(delay.percentile(99)),
      loopDelayMaxMs: beyond(delay.max),
      residentMb: process.memoryUsage.rss() / 2 ** 20,
    };
    before = process.cpuUsage();
    delay.reset();
    process.send?.(usage);
  });
}
