import type { Config } from './config.ts';

/** How long after its begin a call may still be on: one of a process that died may come back for as long as its token lives. */
export function callLifeMs({ CALL_MAX_SECONDS, DRAIN_SECONDS }: Config): number {
  return (CALL_MAX_SECONDS + DRAIN_SECONDS + 60) * 1000;
}
