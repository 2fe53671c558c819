/** A server that is there already: what it uses is seen by its process id alone, and what it keeps is its own. */
import type { LoadSite } from './load-site.ts';
import type { LoadTarget } from './load-target.ts';
import { processUsage } from './process-usage.ts';
import type { StandInRecognizer } from './stand-in-recognizer.ts';

export interface GivenSiteOptions {
  readonly target: LoadTarget;
  /** Of this machine; null: what it uses is not measured. */
  readonly serverPid: number | null;
  /** Its DATA_DIR, or another folder of that disk; null: the disk is not measured. */
  readonly diskFolder: string | null;
  /** What the server is set up to ask; null: it recognizes by itself, or asks somebody else. */
  readonly standIn: StandInRecognizer | null;
}

/** Throws ConfigError where there is no process of that id. */
export function createGivenSite({ target, serverPid, diskFolder, standIn }: GivenSiteOptions): LoadSite {
  let before = serverPid === null ? null : processUsage(serverPid);
  return {
    target,
    exited: null,
    diskFolder,
    usage: () => {
      if (serverPid === null || before === null) return Promise.resolve(null);
      try {
        const now = processUsage(serverPid);
        const cpuMs = now.cpuMs - before.cpuMs;
        before = now;
        const { residentBytes } = now;
        return Promise.resolve({
          cpuMs,
          residentBytes,
          loopDelayP50Ms: null,
          loopDelayP99Ms: null,
          loopDelayMaxMs: null,
        });
      } catch {
        // It has ended meanwhile, which its callers tell well enough.
        return Promise.resolve(null);
      }
    },
    recognized: async () => (await standIn?.counts()) ?? null,
    stop: () => Promise.resolve(null),
  };
}
