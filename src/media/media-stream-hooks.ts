import type { Disposition, EndReason, ToCall } from '../channel/messages.ts';
import type { StreamStart } from './transport.ts';

/** What a stream tells its server. None may call back into the stream but `onStart`, which may `accept` or `end` it. */
export interface MediaStreamHooks {
  /** Once, when the stream says what it is; nothing of it has been validated but its form. */
  onStart(start: StreamStart): void;
  /**
   * For the call's worker, from `accept` on: every kind of `ToCall` but `call.started` and `call.ended`, which are the
   * server's to send. An utterance's `audio` belongs to the message: transfer it.
   */
  post(message: ToCall): void;
  /** Exactly once, when everything is freed. `disposition` is the finish order's if that is what ended the stream. */
  onEnd(reason: EndReason, disposition: Disposition): void;
}

export interface MediaStreamLimits {
  /** A prompt whose audio takes longer has failed; more than a turn with all its tries and vendors may take. */
  readonly audioWaitMaxMs: number;
  /** From the opening of the call's first socket, as far as `accept` says how long ago that was; `CALL_MAX_SECONDS`. */
  readonly callMaxMs: number;
  /** Played when that has passed; null: the stream ends without a word. */
  readonly goodbyePromptKey: string | null;
}
