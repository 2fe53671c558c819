/**
 * What calls told of themselves, a few messages a turn and none per frame: which question is open, what was heard last, when
 * they came back. Kept for calls that are on, and for the latest that ended. Words of callers are kept only where they may
 * be shown. I/O thread.
 */
import type { CallNote } from '../../channel/messages.ts';
import type { Clock } from '../../clock.ts';
import { maskNumber } from '../../masked.ts';
import type { BoardCall } from '../../protocol/board-api.ts';
import { channelOf } from '../browser/browser-caller.ts';
import type { CallDirectory } from '../call-directory.ts';
import type { LiveCall } from '../live-call.ts';
import type { TurnTimes } from '../server-telemetry.ts';
import type { BoardCalls, CallTrail, TrailMoment } from './board-calls.ts';

/** A call of an hour has some. The oldest make room. */
const MOMENTS_MAX = 128;
/** Some 10 KB each at the most; of an ended call little is asked. */
const ENDED_MAX = 500;

const HIDDEN = '•••';
const SILENT = { levelDbfs: -100, isSpeaking: false, botSpeaks: false };

interface Trail {
  asked: { readonly node: string; readonly atWallMs: number } | null;
  heard: string;
  turn: number;
  readonly moments: TrailMoment[];
}

export interface CallTrailsParts {
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  readonly directory: Pick<CallDirectory, 'observe' | 'newest' | 'liveCount' | 'callerOf'>;
  /** What callers said may be shown: `LOG_PII`. */
  readonly showsWords: boolean;
}

export class CallTrails implements BoardCalls {
  readonly #parts: CallTrailsParts;
  readonly #live = new Map<string, Trail>();
  /** In order of their end. */
  readonly #ended = new Map<string, Trail>();

  constructor(parts: CallTrailsParts) {
    this.#parts = parts;
    parts.directory.observe({
      onNote: (callSid, note) => this.#noted(callSid, note),
      onMove: (callSid, { how }) =>
        this.#add(callSid, { kind: 'resumed', text: how === 'remake' ? 'made anew' : 'on another worker' }),
      onEnd: (callSid) => this.#ends(callSid),
    });
  }

  get count(): number {
    return this.#parts.directory.liveCount;
  }

  newest(limit: number): readonly BoardCall[] {
    const { clock, directory } = this.#parts;
    const aheadMs = clock.wallMs() - clock.nowMs();
    return directory.newest(limit).map((call) => this.#toBoardCall(call, aheadMs));
  }

  trailOf(callSid: string): CallTrail | null {
    const isLive = this.#parts.directory.callerOf(callSid) !== null;
    const trail = this.#live.get(callSid) ?? this.#ended.get(callSid);
    if (trail === undefined) return isLive ? { isLive, asked: null, moments: [] } : null;
    const { asked, moments } = trail;
    return { isLive, asked, moments };
  }

  /** The caller begins to hear the answer. It stands in the trail where the work on it began. */
  turnTook(callSid: string, { audioMs, endpointingMs, workMs }: TurnTimes): void {
    const totalMs = Math.round(endpointingMs + workMs + audioMs);
    const durationMs = Math.round(workMs);
    const text = `understood in ${durationMs} ms; the answer was heard ${totalMs} ms after the speech`;
    this.#add(callSid, { kind: 'vendor', text, durationMs }, workMs + audioMs);
  }

  #toBoardCall(call: LiveCall, aheadMs: number): BoardCall {
    const { callSid, caller } = call;
    const trail = this.#live.get(callSid);
    const { botSpeaks, isSpeaking, levelDbfs } = call.sound() ?? SILENT;
    return {
      callSid,
      channel: channelOf(caller.from),
      from: maskNumber(caller.direction === 'outbound' ? caller.to : caller.from),
      question: trail?.asked?.node ?? '',
      startedAtMs: Math.round((call.callBeganAtMs ?? this.#parts.clock.nowMs()) + aheadMs),
      levelDbfs: Math.round(levelDbfs),
      isSpeaking,
      botSpeaks,
      heard: trail?.heard ?? '',
      turn: trail?.turn ?? 0,
    };
  }

  #noted(callSid: string, note: CallNote): void {
    if (note.kind === 'bot said') {
      this.#of(callSid).asked = { node: note.nodeId, atWallMs: Math.round(this.#parts.clock.wallMs()) };
    } else if (note.kind === 'caller said') {
      const trail = this.#of(callSid);
      trail.heard = this.#parts.showsWords ? note.text : HIDDEN;
      trail.turn += 1;
    }
  }

  #add(callSid: string, moment: Omit<TrailMoment, 'atWallMs'>, agoMs = 0): void {
    const { moments } = this.#of(callSid);
    if (moments.length >= MOMENTS_MAX) moments.shift();
    moments.push({ atWallMs: Math.round(this.#parts.clock.wallMs() - agoMs), ...moment });
  }

  /** A call that tells something after its stream's end is back on another. */
  #of(callSid: string): Trail {
    const live = this.#live.get(callSid);
    if (live !== undefined) return live;
    const ended = this.#ended.get(callSid);
    const trail = ended ?? { asked: null, heard: '', turn: 0, moments: [] };
    this.#ended.delete(callSid);
    this.#live.set(callSid, trail);
    if (ended !== undefined) this.#add(callSid, { kind: 'resumed', text: 'on a new stream' });
    return trail;
  }

  /** A call may have two streams for a moment: it is not over while one is open. */
  #ends(callSid: string): void {
    const trail = this.#live.get(callSid);
    if (trail === undefined || this.#parts.directory.callerOf(callSid) !== null) return;
    this.#live.delete(callSid);
    this.#ended.set(callSid, trail);
    if (this.#ended.size <= ENDED_MAX) return;
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest);
      break;
    }
  }
}
