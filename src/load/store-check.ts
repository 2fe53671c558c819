/** What the store kept of calls against what their callers said: the word that counts, and the last one to be asked. */
import type { KeptOutcome } from './load-site.ts';
import type { Measurements } from './measurements.ts';
import type { PlacedCall } from './placed-call.ts';

/** Takes every call of `right` that was kept otherwise, or not at all, for wrong. */
export function checkStore(
  right: ReadonlyMap<string, PlacedCall>,
  kept: ReadonlyMap<string, KeptOutcome>,
  measured: Pick<Measurements, 'keptWrong'>,
): void {
  for (const [callSid, { plan }] of right) {
    const why = differenceOf(plan.expected, kept.get(callSid) ?? null);
    if (why !== null) measured.keptWrong(callSid, `(${plan.kind}) ${why}`);
  }
}

function differenceOf(expected: KeptOutcome, kept: KeptOutcome | null): string | null {
  if (kept === null) return 'the store has no record of it';
  if (kept.endReason !== expected.endReason) {
    return `expected the end "${expected.endReason}", the store has ${JSON.stringify(kept.endReason)}`;
  }
  if (kept.outcome !== expected.outcome) {
    return `expected the outcome ${expected.outcome}, the store has ${kept.outcome}`;
  }
  const names = new Set([...Object.keys(expected.answers), ...Object.keys(kept.answers)]);
  const other = [...names].filter((name) => expected.answers[name] !== kept.answers[name]);
  // Which, and not what: they are a caller's words, if an invented one's.
  return other.length === 0 ? null : `other answers than were given to ${other.join(', ')}`;
}
