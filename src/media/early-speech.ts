/**
 * What the call is told of an utterance before its end: all of it when the caller pauses, in case that was all, and its
 * pieces as it goes on, for a recognizer that listens along. Not the utterance itself, which brings the whole once more
 * (`hearing.ts`). I/O thread.
 *
 *   state    event                                                          next state
 *   quiet    the receiver tells a pause: posts `utterance.provisional`      offered
 *   offered  `withdraw`: the caller went on, or the call cannot know that
 *            nothing will come of it: posts `utterance.withdrawn`           quiet
 *   offered  `forget`: the utterance itself says that it was all, or what   quiet: nothing is posted
 *            the call did or is told takes its place (a digit, a new
 *            listen, stop.listening)
 */
import { type NativeStreamReceiver, RECEIVED } from '../audio/addon-types.ts';
import type { FromCall, ToCall } from '../channel/messages.ts';

type ListenOrder = Extract<FromCall, { kind: 'listen' }>;

export interface EarlySpeechOf {
  readonly receiver: Pick<NativeStreamReceiver, 'copySpeech' | 'speechVoicedMs' | 'utteranceRateHz'>;
  post(message: ToCall): void;
}

export class EarlySpeech {
  readonly #of: EarlySpeechOf;
  #isOffered = false;
  #sequence = 0;
  /** Samples of the utterance in progress that went out as chunks. */
  #chunkedSamples = 0;

  constructor(of: EarlySpeechOf) {
    this.#of = of;
  }

  /** `found`: bits of `RECEIVED`. To be told last, since these bits are of the utterance that is in progress afterwards. */
  found(found: number, order: ListenOrder): void {
    if ((found & RECEIVED.speechPaused) !== 0) this.#offer(order);
    if ((found & RECEIVED.speechGrown) !== 0) this.#postChunk(order);
  }

  /** What was offered, if anything was, is not to be taken for the whole. */
  withdraw({ callId, listenId }: ListenOrder): void {
    if (!this.#isOffered) return;
    this.#isOffered = false;
    this.#of.post({ kind: 'utterance.withdrawn', callId, listenId });
  }

  /** The utterance in progress is no more, or is told anew: what comes counts from 0. */
  forget(): void {
    this.#isOffered = false;
    this.#sequence = 0;
    this.#chunkedSamples = 0;
  }

  /** From the pre-roll on, also where chunks have gone out: it is for a recognizer that takes a whole. */
  #offer({ callId, listenId }: ListenOrder): void {
    const { receiver } = this.#of;
    const audio = receiver.copySpeech(0);
    if (audio === null) return;
    this.#isOffered = true;
    const sampleRateHz = receiver.utteranceRateHz;
    const voicedMs = receiver.speechVoicedMs();
    this.#of.post({ kind: 'utterance.provisional', callId, listenId, audio, sampleRateHz, voicedMs });
  }

  #postChunk({ callId, listenId }: ListenOrder): void {
    const { receiver } = this.#of;
    const audio = receiver.copySpeech(this.#chunkedSamples);
    if (audio === null) return;
    this.#chunkedSamples += audio.byteLength / Int16Array.BYTES_PER_ELEMENT;
    const sampleRateHz = receiver.utteranceRateHz;
    this.#of.post({
      kind: 'speech.chunk',
      callId,
      listenId,
      sequence: this.#sequence++,
      audio,
      sampleRateHz,
    });
  }
}
