/**
 * What a process of this machine uses with all that it has started, read from /proc (Linux). For a server that somebody else has
 * started: under its supervisor, which does nothing itself.
 */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';

export interface ProcessUsage {
  /** User and system, all threads, since its start. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** USER_HZ, 100 on every Linux that Node runs on; what /proc counts in. */
const MS_PER_TICK = 10;
/** Fields behind the name, which may hold spaces: state is the third of proc(5), utime the 14th, stime the 15th. */
const UTIME = 14 - 3;
const STIME = 15 - 3;

/** Throws ConfigError where there is no such process. */
export function processUsage(pid: number): ProcessUsage {
  const own = usageOf(pid);
  if (own === null)
    throw new ConfigError(`--server-pid: expected a process of this machine (Linux), received ${pid}`);
  return childrenOf(pid).reduce(withChild, own);
}

function withChild(sum: ProcessUsage, pid: number): ProcessUsage {
  // One that has ended since it was listed uses nothing.
  const own = usageOf(pid);
  if (own === null) return sum;
  const both = { cpuMs: sum.cpuMs + own.cpuMs, residentBytes: sum.residentBytes + own.residentBytes };
  return childrenOf(pid).reduce(withChild, both);
}

/** Of its main thread, which starts the server. None where the kernel does not list them. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function usageOf(pid: number): ProcessUsage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return {
      cpuMs: (Number(fields[UTIME]) + Number(fields[STIME])) * MS_PER_TICK,
      residentBytes: Number(resident ?? 0) * 1024,
    };
  } catch {
    return null;
  }
}
