/**
 * The question that is open: when it was asked, what of its audio was sent and heard, when the caller began to answer. It
 * becomes a record when an event closes it, and that record is committed together with the state that came of the event.
 * What this thread learns of audio is some milliseconds old; the ledger is for people and reports. Call worker.
 *
 *     played -> played -> asked -> (prompt ended, answer began ...) -> closedBy(event)
 *                  `----> lastWords -> (prompt ended) --------------> closedBy(ended)
 */
import type { TurnHow, TurnRecord } from '../channel/store-messages.ts';
import { type Clock, steadyWall } from '../clock.ts';
import type { FlowAction } from '../flow/action.ts';
import type { FlowEvent } from '../flow/event.ts';

interface OpenTurn {
  readonly listenId: number;
  readonly nodeId: string;
  readonly askedAtWallMs: number;
  readonly playIds: ReadonlySet<number>;
  sentMs: number;
  heardMs: number;
  answerBeganAtWallMs: number | null;
}

export class TurnLedger {
  readonly #wallMs: () => number;
  /** Of prompts that stand before a question that is not asked yet. */
  #playIds = new Set<number>();
  #open: OpenTurn | null = null;

  /** Made when the call is: its times are right among each other, whatever becomes of the system's clock meanwhile. */
  constructor(clock: Pick<Clock, 'nowMs' | 'wallMs'>) {
    this.#wallMs = steadyWall(clock);
  }

  /** What is about to be carried out. `listenId`: of the state behind it. */
  carriedOut(actions: readonly FlowAction[], listenId: number): void {
    for (const action of actions) {
      if (action.kind === 'play') this.#playIds.add(action.playId);
      else if (action.kind === 'listen') this.#ask(action.listenId, action.nodeId);
    }
    // Words that no question follows are the call's last.
    const last = actions.findLast((action) => action.kind === 'play');
    if (this.#playIds.size > 0 && last !== undefined) this.#ask(listenId + 1, last.nodeId);
  }

  promptEnded(prompt: { readonly playId: number; readonly playedMs: number; readonly sentMs: number }): void {
    if (this.#open?.playIds.has(prompt.playId) !== true) return;
    this.#open.heardMs += prompt.playedMs;
    this.#open.sentMs += prompt.sentMs;
  }

  /** The first sound or key counts. */
  answerBegan(): void {
    if (this.#open !== null) this.#open.answerBeganAtWallMs ??= Math.round(this.#wallMs());
  }

  /** It was no speech after all. */
  answerWithdrawn(): void {
    if (this.#open !== null) this.#open.answerBeganAtWallMs = null;
  }

  /** The open turn as `event` closes it, with what the flow made of the answer; null for an event that closes none. */
  closedBy(event: FlowEvent, actions: readonly FlowAction[]): TurnRecord | null {
    const open = this.#open;
    if (open === null) return null;
    const how = howOf(event);
    if (how === undefined || ('listenId' in event && event.listenId !== open.listenId)) return null;
    this.#open = null;
    const answer = actions.find((action) => action.kind === 'record');
    const { listenId, nodeId, askedAtWallMs, answerBeganAtWallMs } = open;
    return {
      listenId,
      nodeId,
      askedAtWallMs,
      answeredAtWallMs: how === null ? null : Math.round(this.#wallMs()),
      how,
      heard: answer?.heard ?? null,
      value: answer?.value ?? null,
      playout: {
        sentMs: Math.round(open.sentMs),
        heardMs: Math.round(open.heardMs),
        answerBeganAtWallMs,
      },
    };
  }

  #ask(listenId: number, nodeId: string): void {
    const playIds = this.#playIds;
    this.#playIds = new Set();
    const askedAtWallMs = Math.round(this.#wallMs());
    this.#open = {
      listenId,
      nodeId,
      askedAtWallMs,
      playIds,
      sentMs: 0,
      heardMs: 0,
      answerBeganAtWallMs: null,
    };
  }
}

/** Null: the call's end, which answers nothing. Undefined: closes no turn. */
function howOf(event: FlowEvent): TurnHow | null | undefined {
  switch (event.kind) {
    case 'answered':
      return event.by;
    case 'not.understood':
      return 'not understood';
    case 'recognizer.failed':
      return 'recognizer failed';
    case 'no.input':
      return 'no input';
    case 'ended':
      return null;
    case 'started':
    case 'resumed':
    case 'machine':
    case 'transfer.failed':
    case 'prompt.ended':
      return undefined;
  }
}
