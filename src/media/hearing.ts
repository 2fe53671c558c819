/**
 * What one stream hears of its caller: sets the native receiver as the call asks and as playback allows, and turns what it
 * found into messages for the call. Not the endpointer (native), and it decides no barge-in (`barge-in.ts`); what is told of
 * an utterance before its end is `early-speech.ts`. I/O thread.
 *
 * The no-input count, one at a time, for the latest `listen`:
 *
 *   state     event                                             next state
 *   waiting   everything queued was heard, and the ear hears    armed
 *   armed     a prompt is queued                                waiting
 *   armed     `noInput`: posts `no.input`                       spent
 *   armed     speech started                                    held: the receiver stops the count
 *   held      speech discarded                                  armed: it goes on, so that noise cannot put it off for ever
 *   waiting   speech started (over a prompt)                    speaking
 *   speaking  speech discarded                                  waiting
 *   any of these but `off`, `spent`: a digit                    waiting: the count starts anew
 *   any       speech ended: posts `utterance`                   spent
 *   any       listen / stop.listening                           waiting / off
 *
 * The receiver counts media time. What a gap in the media adds to the count or takes back is told by `media-gap.ts`, and
 * the receiver is armed anew with what is left.
 */
import { type NativeStreamReceiver, RECEIVED } from '../audio/addon-types.ts';
import type { FromCall, ToCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import { type Audible, type Ear, earFor, onCallerInput } from './barge-in.ts';
import { EarlySpeech } from './early-speech.ts';

type ListenOrder = Extract<FromCall, { kind: 'listen' }>;
type NoInputCount = 'off' | 'waiting' | 'armed' | 'held' | 'speaking' | 'spent';

/** One frame: the shortest count that the receiver takes. */
const NO_INPUT_LEFT_MIN_MS = 20;

export interface HearingOf {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly receiver: NativeStreamReceiver;
  readonly playback: { audible(): Audible; readonly isIdle: boolean; clear(): void };
  post(message: ToCall): void;
}

export class Hearing {
  readonly #of: HearingOf;
  readonly #early: EarlySpeech;
  #order: ListenOrder | null = null;
  #ear: Ear = 'deaf';
  #noInput: NoInputCount = 'off';
  #armedAtMs = 0;
  /** The receiver's time from which the count runs; moved by what does not count, and by what counts without media. */
  #countFromMediaMs = 0;
  #heldAtMediaMs = 0;

  constructor(of: HearingOf) {
    this.#of = of;
    this.#early = new EarlySpeech(of);
  }

  /** Replaces the order before it; what was said before the moment counts as far as the pre-roll reaches. */
  listen(order: ListenOrder): void {
    this.#disarm();
    this.#early.forget();
    this.#order = order;
    this.#ear = 'deaf';
    this.#noInput = 'waiting';
    this.playbackChanged();
    if (this.#ear === 'deaf') this.#of.receiver.stopListening();
  }

  /** Idempotent. */
  stop(): void {
    this.#disarm();
    this.#early.forget();
    this.#order = null;
    this.#noInput = 'off';
    this.playbackChanged();
  }

  /** What can be heard of us, or whether anything is queued, may have changed. */
  playbackChanged(): void {
    const { receiver, playback } = this.#of;
    const ear = earFor(this.#order !== null, playback.audible());
    if (ear !== this.#ear) {
      this.#ear = ear;
      if (ear === 'hears' && this.#order !== null) receiver.listen(this.#order);
      else receiver.stopListening();
      if (ear === 'deaf') this.#speechDropped();
    }
    if (this.#noInput === 'waiting' && playback.isIdle && ear === 'hears') this.#arm();
    else if (!playback.isIdle) this.#disarm();
  }

  /** The receiver found more than plain audio; `found` are bits of `RECEIVED`, taken in the order that these stand for. */
  found(found: number): void {
    const order = this.#order;
    if (order === null || this.#ear === 'deaf') return;
    if ((found & RECEIVED.speechStarted) !== 0) this.#speechStarted(order);
    else if ((found & RECEIVED.noInput) !== 0) this.#noInputCame(order);
    if ((found & (RECEIVED.speechResumed | RECEIVED.speechDiscarded)) !== 0) this.#early.withdraw(order);
    if ((found & RECEIVED.speechDiscarded) !== 0) {
      this.#early.forget();
      if (this.#noInput === 'held') this.#release();
      if (this.#noInput === 'speaking') this.#noInput = 'waiting';
      this.#of.post({ kind: 'speech.discarded', callId: order.callId, listenId: order.listenId });
    }
    if ((found & RECEIVED.speechEnded) !== 0) this.#postUtterance(order);
    this.#early.found(found, order);
    this.playbackChanged();
  }

  /**
   * Time without media that the receiver has not seen counts too (`byMs` positive), or was counted and is not to be
   * (negative). No more than since the count began; nothing while no count runs.
   */
  countSilence(byMs: number): void {
    const order = this.#order;
    if (order === null || this.#noInput !== 'armed') return;
    const { clock, receiver } = this.#of;
    const mediaMs = receiver.mediaMs();
    const sinceArmedMs = clock.nowMs() - this.#armedAtMs;
    this.#countFromMediaMs = Math.min(mediaMs, this.#countFromMediaMs - Math.min(byMs, sinceArmedMs));
    const leftMs = order.noInputMs - (mediaMs - this.#countFromMediaMs);
    receiver.armNoInput(Math.max(NO_INPUT_LEFT_MIN_MS, Math.round(leftMs)));
  }

  /** The caller pressed a key: it stands for what was being said. Interrupts where speech would. */
  digit(): void {
    const { receiver, playback } = this.#of;
    receiver.discardSpeech();
    this.#early.forget();
    this.#disarm();
    if (this.#noInput === 'speaking') this.#noInput = 'waiting';
    if (onCallerInput(playback.audible()) === 'interrupt') playback.clear();
    this.playbackChanged();
  }

  /** The ear went deaf over what was being said: nothing will come of it, and the call does not see why. */
  #speechDropped(): void {
    if (this.#noInput === 'speaking') this.#noInput = 'waiting';
    if (this.#order !== null) this.#early.withdraw(this.#order);
    this.#early.forget();
  }

  #speechStarted(order: ListenOrder): void {
    const { receiver, playback } = this.#of;
    const atStreamMs = receiver.mediaMs();
    if (this.#noInput === 'armed') {
      this.#noInput = 'held';
      this.#heldAtMediaMs = atStreamMs;
    }
    if (this.#noInput === 'waiting') this.#noInput = 'speaking';
    const bargeIn = onCallerInput(playback.audible()) === 'interrupt';
    if (bargeIn) playback.clear();
    const { callId, listenId } = order;
    this.#of.post({ kind: 'speech.started', callId, listenId, atStreamMs, bargeIn });
  }

  #noInputCame(order: ListenOrder): void {
    if (this.#noInput !== 'armed') return;
    this.#noInput = 'spent';
    this.#of.post({ kind: 'no.input', callId: order.callId, listenId: order.listenId });
  }

  #postUtterance(order: ListenOrder): void {
    const { receiver } = this.#of;
    this.#disarm();
    this.#noInput = 'spent';
    const audio = receiver.takeUtterance();
    // Without memory for it nothing comes, and nothing is confirmed.
    if (audio === null) this.#early.withdraw(order);
    this.#early.forget();
    if (audio === null) return;
    const { speechStartMs, speechEndMs, voicedMs, cut } = receiver.lastUtterance();
    this.#of.post({
      kind: 'utterance',
      callId: order.callId,
      listenId: order.listenId,
      audio,
      sampleRateHz: receiver.utteranceRateHz,
      speechStartMs,
      speechEndMs,
      voicedMs,
      cut,
    });
  }

  /** What began as speech was none: the receiver goes on with the count. */
  #release(): void {
    this.#noInput = 'armed';
    this.#countFromMediaMs += this.#of.receiver.mediaMs() - this.#heldAtMediaMs;
  }

  #arm(): void {
    if (this.#order === null) return;
    const { clock, receiver } = this.#of;
    this.#noInput = 'armed';
    this.#armedAtMs = clock.nowMs();
    this.#countFromMediaMs = receiver.mediaMs();
    receiver.armNoInput(this.#order.noInputMs);
  }

  #disarm(): void {
    if (this.#noInput !== 'armed' && this.#noInput !== 'held') return;
    this.#noInput = this.#noInput === 'held' ? 'speaking' : 'waiting';
    this.#of.receiver.disarmNoInput();
  }
}
