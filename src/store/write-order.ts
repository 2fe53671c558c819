/** In which order the writes of a batch go to the engine. Pure. Store thread. */
import type { StoreWrite } from '../channel/store-messages.ts';

interface Asked {
  readonly ask: StoreWrite;
}

/**
 * A call's begin comes from another thread than its commits: whichever port was read first, the begin of an attempt goes
 * before what names that attempt. Not before what an earlier one has left: that would be fenced by it.
 */
export function beginsFirst<One extends Asked>(batch: readonly One[]): readonly One[] {
  const begins = new Map<string, One>();
  for (const one of batch) {
    const attempt = attemptOf(one.ask);
    if (one.ask.kind === 'begin' && attempt !== null && !begins.has(attempt)) begins.set(attempt, one);
  }
  if (begins.size === 0) return batch;
  // A set keeps the place of what is in it already.
  const ordered = new Set<One>();
  for (const one of batch) {
    const begin = begins.get(attemptOf(one.ask) ?? '');
    if (begin !== undefined) ordered.add(begin);
    ordered.add(one);
  }
  return [...ordered];
}

/** In order of their first writes; each call's in their own order. */
export function byCall<One extends Asked>(batch: readonly One[]): Iterable<One[]> {
  return Map.groupBy(batch, ({ ask }) => subjectOf(ask)).values();
}

function subjectOf(ask: StoreWrite): string {
  switch (ask.kind) {
    case 'flow':
      return ask.hash;
    case 'dial':
      return ask.dial.dialId;
    case 'dial.news':
      return ask.news.callSid;
    default:
      return ask.callSid;
  }
}

function attemptOf(ask: StoreWrite): string | null {
  return 'attempt' in ask ? `${ask.attempt} ${ask.callSid}` : null;
}
