/** A call's record as people read it. Numbers are masked unless they are asked for: a terminal is often shared. */
import type { KeptCall } from '../store/call-store.ts';

const SHOWN_DIGITS = 3;
const DIGITS_HIDDEN_FROM = 4;

/** `+1•••••••100`: country and end tell callers apart, and do not reach one. */
export function maskNumber(number: string): string {
  const digits = number.replace(/\D/g, '').length;
  if (digits <= SHOWN_DIGITS + 1) return '•'.repeat(number.length);
  return `${number.slice(0, 2)}${'•'.repeat(number.length - 2 - SHOWN_DIGITS)}${number.slice(-SHOWN_DIGITS)}`;
}

/** Digits with no more between them than what parts the groups of a number. */
const DIGITS_IN_A_ROW = /\d(?:[\s()./-]{0,2}\d){3,}/g;

/** Four digits and more in a row may be somebody's number, of whatever kind. */
export function maskDigits<Value>(value: Value): Value | string {
  if (typeof value === 'number' && Math.abs(value) >= 10 ** (DIGITS_HIDDEN_FROM - 1))
    return maskDigits(String(value));
  if (typeof value !== 'string') return value;
  return value.replace(DIGITS_IN_A_ROW, (row) => row.replaceAll(/\d/g, '•'));
}

/** The same record; numbers and digits that are somebody's are masked. */
export function maskCall(call: KeptCall): KeptCall {
  const answers = Object.entries(call.answers).map(([node, value]) => [node, maskDigits(value)]);
  return {
    ...call,
    from: maskNumber(call.from),
    to: maskNumber(call.to),
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
  };
}

export function timeText(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Nothing that a caller said, and no name of a flow, moves the cursor. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, ' ');
}
