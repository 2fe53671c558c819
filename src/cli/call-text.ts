/** A call's record as people read it. Numbers are masked unless they are asked for: a terminal is often shared. */
import { maskDigits, maskNumber } from '../masked.ts';
import type { KeptCall } from '../store/call-store.ts';

/** The same record; numbers and digits that are somebody's are masked. */
export function maskCall(call: KeptCall): KeptCall {
  const answers = Object.entries(call.answers).map(([node, value]) => [node, maskDigits(value)]);
  return {
    ...call,
    from: maskNumber(call.from),
    to: maskNumber(call.to),
    transfer: call.transfer === null ? null : { ...call.transfer, to: maskNumber(call.transfer.to) },
    answers: Object.fromEntries(answers) as KeptCall['answers'],
  };
}

/** Null while the call is on. */
export function durationMsOf({ startedAtWallMs, endedAtWallMs }: KeptCall): number | null {
  return endedAtWallMs === null ? null : endedAtWallMs - startedAtWallMs;
}

/** As reports have it: without the state, which is ours alone. */
export function toReport(call: KeptCall): Record<string, unknown> {
  return {
    callSid: call.callSid,
    direction: call.direction,
    from: call.from,
    to: call.to,
    startedAt: timeText(call.startedAtWallMs),
    endedAt: call.endedAtWallMs === null ? null : timeText(call.endedAtWallMs),
    durationMs: durationMsOf(call),
    endReason: call.endReason,
    outcome: call.outcome,
    resumes: call.resumes,
    nodeId: call.nodeId,
    flowHash: call.flowHash,
    answers: call.answers,
    transferTo: call.transfer?.to ?? null,
    transferStatus: call.transferStatus,
  };
}

export function timeText(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Nothing that a caller said, and no name of a flow, moves the cursor. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, ' ');
}
