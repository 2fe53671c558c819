/** What one caller of a load is going to do, and what must come of it. Drawn from the seed alone, so a run can be repeated. */
import type { Flow } from '../flow/flow.ts';
import type { Answers } from '../flow/state.ts';
import { createRandom, type Random } from '../simulator/random.ts';
import type { CallerStep } from './caller-engine.ts';
import type { CallerKind, CallerMix } from './caller-mix.ts';
import { type FlowWalk, type WalkAnswer, walkFlow } from './flow-walk.ts';
import type { Word } from './marker.ts';

export interface CallPlan {
  readonly kind: CallerKind;
  /** E.164: which flow answers. */
  readonly to: string;
  readonly steps: readonly CallerStep[];
  readonly expected: CallExpectation;
}

export interface CallExpectation {
  /** Who ends the stream. `nobody`: a caller who only listens stays until the run is over. */
  readonly endedBy: 'server' | 'caller' | 'nobody';
  /** As the record of the call has it. */
  readonly endReason: string;
  readonly outcome: string | null;
  readonly answers: Answers;
}

/** Clips that can be said for a word; for barge-ins the same, numbered by where they show speech. */
export interface ClipIds {
  readonly said: Readonly<Record<Word, readonly number[]>>;
  readonly barged: Readonly<Record<Word, readonly number[]>>;
}

export interface PlanSources {
  readonly flow: Flow;
  readonly listeningFlow: Flow | null;
  readonly mix: CallerMix;
  readonly clips: ClipIds;
}

/**
 * People take so long to answer, from the prompt's end. With a prompt of two seconds, a word, 0.4 s of endpointing and 0.3 s
 * of a vendor it makes a turn every six seconds.
 */
const THINK_MIN_MS = 1500;
const THINK_MAX_MS = 3000;
/** Of a question's patience: nobody waits until the bot asks again. */
const THINK_MAX_RATIO = 0.5;
/** Into a prompt of about two seconds: late enough to be one, early enough to leave something to cut off. */
const BARGE_MIN_MS = 400;
const BARGE_MAX_MS = 1200;
const BARGE_EVERY = 3;
const HANG_UP_MAX_MS = 1500;
const HANG_UP_TURNS = 8;
const DEFAULT_TO = '+15005550001';

export function drawPlan(sources: PlanSources, random: Random): CallPlan {
  const { flow, listeningFlow, mix, clips } = sources;
  const kind = mix.draw(random);
  const to = flow.numbers[0] ?? DEFAULT_TO;
  const sayer = (turns: readonly WalkAnswer[]): CallerStep[] =>
    turns.map((turn) => stepOf(turn, clips, random));
  switch (kind) {
    case 'talking': {
      const walk = walkFlow(flow, 'voice', random);
      return { kind, to, steps: sayer(walk.turns), expected: byServer(walk) };
    }
    case 'keypad': {
      const walk = walkFlow(flow, 'keypad', random);
      return { kind, to, steps: sayer(walk.turns), expected: byServer(walk) };
    }
    case 'barge-in': {
      const walk = walkFlow(flow, 'voice', random);
      const steps = walk.turns.map((turn, index): CallerStep => {
        if (turn.kind === 'press' || index % BARGE_EVERY !== BARGE_EVERY - 1)
          return stepOf(turn, clips, random);
        const clipId = pick(clips.barged[turn.word], random);
        return { kind: 'barge', clipId, afterMs: between(BARGE_MIN_MS, BARGE_MAX_MS, random) };
      });
      return { kind, to, steps, expected: byServer(walk) };
    }
    case 'hang-up': {
      // At least the last prompt is left for it: whoever hangs up in a goodbye has a completed call.
      // The same way twice: other answers may lead to another end.
      const seed = Math.floor(random() * 2 ** 32);
      const whole = walkFlow(flow, 'voice', createRandom(seed)).turns.length;
      const answered = Math.floor(random() * Math.min(HANG_UP_TURNS, whole));
      const walk = walkFlow(flow, 'voice', createRandom(seed), answered);
      const hangUp: CallerStep = { kind: 'hang-up', afterMs: between(0, HANG_UP_MAX_MS, random) };
      const { answers } = walk;
      const expected = { endedBy: 'caller', endReason: 'caller hung up', outcome: null, answers } as const;
      return { kind, to, steps: [...sayer(walk.turns), hangUp], expected };
    }
    case 'quiet':
      return { kind, to, steps: [], expected: byServer(walkFlow(flow, 'silence', random)) };
    case 'listening': {
      const expected = {
        endedBy: 'nobody',
        endReason: 'caller hung up',
        outcome: null,
        answers: {},
      } as const;
      return { kind, to: listeningFlow?.numbers[0] ?? to, steps: [], expected };
    }
  }
}

function byServer({ endReason, outcome, answers }: FlowWalk): CallExpectation {
  return { endedBy: 'server', endReason, outcome, answers };
}

function stepOf(turn: WalkAnswer, clips: ClipIds, random: Random): CallerStep {
  const longestMs = Math.min(THINK_MAX_MS, turn.patienceMs * THINK_MAX_RATIO);
  const thinkMs = between(Math.min(THINK_MIN_MS, longestMs / 2), longestMs, random);
  if (turn.kind === 'press') return { kind: 'press', digits: turn.keys, thinkMs };
  return { kind: 'say', clipId: pick(clips.said[turn.word], random), thinkMs };
}

function pick(ids: readonly number[], random: Random): number {
  return ids[Math.floor(random() * ids.length)]!;
}

function between(min: number, max: number, random: Random): number {
  return Math.round(min + random() * (max - min));
}
