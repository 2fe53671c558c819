/** What a receiver gets of a finished call: JSON of a bounded size, the same at every try. */
import type { KeptCall } from '../store/call-store.ts';

/** A flow's answers are some hundred bytes; whoever takes them in need not be ready for more than this. */
export const RESULT_BYTES_MAX = 64 * 1024;

/** Never throws. Answers that do not fit are left out, and `answersLeftOut` says so. */
export function resultBody(call: KeptCall): string {
  const body = toJson(call, call.answers);
  return Buffer.byteLength(body) <= RESULT_BYTES_MAX ? body : toJson(call, null);
}

function toJson(call: KeptCall, answers: KeptCall['answers'] | null): string {
  const { startedAtWallMs, endedAtWallMs } = call;
  return JSON.stringify({
    event: 'call.finished',
    callSid: call.callSid,
    direction: call.direction,
    from: call.from,
    to: call.to,
    outcome: call.outcome,
    answers: answers ?? {},
    ...(answers === null ? { answersLeftOut: true } : {}),
    endReason: call.endReason,
    startedAt: new Date(startedAtWallMs).toISOString(),
    endedAt: endedAtWallMs === null ? null : new Date(endedAtWallMs).toISOString(),
    durationMs: endedAtWallMs === null ? null : endedAtWallMs - startedAtWallMs,
    resumes: call.resumes,
    flowHash: call.flowHash,
  });
}
