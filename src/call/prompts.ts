/**
 * What a call has asked to be played and is not over: flow's prompts, and the filler when none of them is there in time.
 * Not playback itself (that is the media plane's), nor what a prompt means. Call worker; `Call` owns it.
 */
import type { CallId, FromCall, ToCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import type { FlowAction, PromptContent } from '../flow/action.ts';
import type { PromptSource } from '../speech/prompt.ts';
import type { PromptWants } from '../speech/prompt-wants.ts';
import { Filler } from './filler.ts';

type PlayAction = Extract<FlowAction, { kind: 'play' }>;
type PromptEnded = Extract<ToCall, { kind: 'prompt.ended' }>;

/** Of the first filler, and down from there: a flow counts up from 1, the media plane's own prompt is -1. */
const FILLER_PLAY_ID_FIRST = -2;

export interface PromptsParts {
  readonly callId: CallId;
  /** `codec-rate`. */
  readonly playFormat: string;
  readonly clock: Clock;
  readonly wants: Pick<PromptWants, 'want'>;
  readonly post: (message: FromCall) => void;
  /** Runs what a timer brings back, as code of this call. */
  readonly enter: (work: () => void) => void;
}

export class Prompts {
  readonly #parts: PromptsParts;
  readonly #filler: Filler;
  readonly #playing = new Map<number, PlayAction>();
  #fillerContent: PromptContent | null = null;
  #nextFillerId = FILLER_PLAY_ID_FIRST;
  #wasAnyHeard = false;
  #lastText = '';

  constructor(parts: PromptsParts) {
    this.#parts = parts;
    this.#filler = new Filler(parts.clock, () => parts.enter(() => this.#fill()));
  }

  /** Something of the flow is to be heard still. */
  get isPlaying(): boolean {
    return this.#playing.size > 0;
  }

  /** Of what is to be heard still, the last; null: nothing is. */
  get lastPlayId(): number | null {
    return [...this.#playing.keys()].at(-1) ?? null;
  }

  /** What was asked to be played last; empty if nothing was. */
  get lastText(): string {
    return this.#lastText;
  }

  /** What is said when nothing else can be. Without it, nothing is. */
  fillWith(content: PromptContent): void {
    this.#fillerContent = content;
  }

  play(action: PlayAction): void {
    const { playId, bargeIn, prompt } = action;
    const { callId, post } = this.#parts;
    this.#playing.set(playId, action);
    this.#lastText = prompt.text;
    this.#filler.promptQueued(playId);
    post({ kind: 'play', callId, playId, promptKey: this.#want(prompt), bargeIn });
  }

  /** The caller stopped speaking `agoMs` ago and waits for an answer. */
  turnTaken(agoMs: number): void {
    this.#filler.turnTaken(agoMs);
  }

  callerSpeaks(isSpeaking: boolean): void {
    this.#filler.callerSpeaks(isSpeaking);
  }

  /** It is the caller's turn, or another's: nothing is owed but what is queued. */
  turnAnswered(): void {
    this.#filler.turnAnswered();
  }

  /** A question is asked: from here on it counts whether any of its prompts could be heard. */
  questionAsked(): void {
    this.#filler.turnAnswered();
    this.#wasAnyHeard = false;
  }

  started(playId: number): void {
    this.#filler.promptStarted(playId);
  }

  /** False: it was no prompt of the flow. */
  ended({ outcome, playId }: PromptEnded): boolean {
    this.#filler.promptEnded(playId);
    if (!this.#playing.delete(playId)) return false;
    if (outcome !== 'failed') this.#wasAnyHeard = true;
    return true;
  }

  /** Nothing plays, and nothing that was to be heard since the last question was: the caller is left in silence. */
  get isMute(): boolean {
    return this.#playing.size === 0 && !this.#wasAnyHeard;
  }

  /**
   * An answered question is not asked any more. What was audible the media plane has cleared by itself when the caller
   * spoke or pressed a key; this is for what it still waits to play. What must be heard to its end stays.
   */
  dropQuestion(): void {
    const playing = [...this.#playing.values()];
    if (playing.length > 0 && playing.every(({ bargeIn }) => bargeIn)) {
      this.#parts.post({ kind: 'clear', callId: this.#parts.callId });
    }
  }

  /** Whatever is to be heard is not, also what must be heard to its end. */
  drop(): void {
    // Also what another worker had asked for, of which nothing is known here.
    this.#parts.post({ kind: 'clear', callId: this.#parts.callId });
  }

  /** No filler any more. Idempotent. */
  close(): void {
    this.#filler.close();
  }

  #fill(): void {
    if (this.#fillerContent === null) return;
    const { callId, post } = this.#parts;
    const playId = this.#nextFillerId--;
    this.#filler.promptQueued(playId);
    post({ kind: 'fill', callId, playId, promptKey: this.#want(this.#fillerContent) });
  }

  #want(content: PromptContent): string {
    const source: PromptSource = content.kind === 'audio' ? { kind: 'audio', path: content.path } : content;
    return this.#parts.wants.want(source, this.#parts.playFormat);
  }
}
