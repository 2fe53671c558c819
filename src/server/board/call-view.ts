/**
 * One call with its timeline, as its record and its turns tell it, and as the I/O thread saw it where it still knows. Pure.
 * What a caller said is masked unless it may be shown; a prompt is told as the flow writes it, with its variables' names.
 */
import { maskDigits, maskNumber } from '../../masked.ts';
import type { CallView, TimelineEntry, TimelineKind } from '../../protocol/board-api.ts';
import type { CallRecord, CallTurn } from '../../store/call-store.ts';
import { channelOf } from '../browser/browser-caller.ts';
import type { CallTrail } from './board-calls.ts';

export interface CallViewOf {
  readonly record: CallRecord;
  readonly turns: readonly CallTurn[];
  readonly trail: CallTrail | null;
  readonly showsWords: boolean;
  /** What a node says, as the flow writes it; empty if that is not known. */
  readonly textOf: (node: string) => string;
}

/** At one millisecond, what led to something comes before it. */
const RANKS: Readonly<Record<TimelineKind, number>> = {
  resumed: 0,
  prompt: 1,
  'barge-in': 2,
  speech: 3,
  digits: 3,
  'no-input': 4,
  'no-match': 4,
  vendor: 5,
  answer: 6,
  ended: 7,
};

export function toCallView(of: CallViewOf): CallView {
  const { record, showsWords, trail } = of;
  const { callSid, direction, endReason, endedAtWallMs, from, outcome, startedAtWallMs, to } = record;
  const answers = Object.entries(record.answers).map(([node, value]) => ({
    node,
    value: String(showsWords ? value : maskDigits(value)),
  }));
  return {
    callSid,
    channel: channelOf(from),
    from: maskNumber(direction === 'outbound' ? to : from),
    // Another node may have it, of which nothing else is known here.
    state: trail?.isLive === true || endReason === null ? 'live' : 'ended',
    startedAtMs: startedAtWallMs,
    endedAtMs: endedAtWallMs,
    outcome,
    endReason,
    answers,
    timeline: timelineOf(of),
  };
}

function timelineOf(of: CallViewOf): TimelineEntry[] {
  const { record, textOf, trail, turns } = of;
  const at = (wallMs: number): number => Math.max(0, Math.round(wallMs - record.startedAtWallMs));
  const entries = turns.flatMap((turn) => turnEntries(turn, of, at));
  const asked = trail?.asked ?? null;
  // A turn is kept when it closes: the one that is open is known from the call alone.
  if (trail?.isLive === true && asked !== null && turns.every((turn) => turn.askedAtWallMs < asked.atWallMs))
    entries.push({ atMs: at(asked.atWallMs), kind: 'prompt', text: textOf(asked.node) || asked.node });
  for (const { atWallMs, ...moment } of trail?.moments ?? []) entries.push({ atMs: at(atWallMs), ...moment });
  if (record.endReason !== null && record.endedAtWallMs !== null)
    entries.push({ atMs: at(record.endedAtWallMs), kind: 'ended', text: record.endReason });
  return entries.sort((a, b) => a.atMs - b.atMs || RANKS[a.kind] - RANKS[b.kind]);
}

function turnEntries(turn: CallTurn, of: CallViewOf, at: (wallMs: number) => number): TimelineEntry[] {
  const { answeredAtWallMs, askedAtWallMs, how, nodeId, playout } = turn;
  const { answerBeganAtWallMs, heardMs, sentMs } = playout;
  const entries: TimelineEntry[] = [
    { atMs: at(askedAtWallMs), kind: 'prompt', text: of.textOf(nodeId) || nodeId, durationMs: heardMs },
  ];
  if (answerBeganAtWallMs !== null && heardMs < sentMs)
    entries.push({ atMs: at(answerBeganAtWallMs), kind: 'barge-in', text: nodeId });
  if (how === null || answeredAtWallMs === null) return entries;
  const heard = wordsOf(turn, of.showsWords);
  const beganAtWallMs = answerBeganAtWallMs ?? answeredAtWallMs;
  if (how === 'digits') entries.push({ atMs: at(beganAtWallMs), kind: 'digits', text: heard });
  else if (how === 'speech' || answerBeganAtWallMs !== null)
    entries.push({
      atMs: at(beganAtWallMs),
      kind: 'speech',
      text: heard,
      durationMs: answeredAtWallMs - beganAtWallMs,
    });
  entries.push({ atMs: at(answeredAtWallMs), ...resultOf(turn, of.showsWords) });
  return entries;
}

function resultOf({ how, nodeId, value }: CallTurn, showsWords: boolean): Omit<TimelineEntry, 'atMs'> {
  if (how === 'no input') return { kind: 'no-input', text: nodeId };
  if (how === 'recognizer failed') return { kind: 'vendor', text: 'the recognizer failed' };
  if (value === null) return { kind: 'no-match', text: nodeId };
  return { kind: 'answer', text: `${nodeId} = ${String(showsWords ? value : maskDigits(value))}` };
}

function wordsOf({ heard }: CallTurn, showsWords: boolean): string {
  if (heard === null) return '';
  return showsWords ? heard : '•••';
}
