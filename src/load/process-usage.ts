/** What a process of this machine uses, read from /proc (Linux). For a server that somebody else has started. */
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
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return {
      cpuMs: (Number(fields[UTIME]) + Number(fields[STIME])) * MS_PER_TICK,
      residentBytes: Number(resident ?? 0) * 1024,
    };
  } catch {
    throw new ConfigError(`--server-pid: expected a process of this machine (Linux), received ${pid}`);
  }
}
