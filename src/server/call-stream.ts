/**
 * What a call asks of its media stream, and what the stream tells it. `MediaStream` is one; tests bring their own.
 * I/O thread.
 */
import type { CallId, CallNote, EndReason, FromCall, ToCall } from '../channel/messages.ts';
import type { RecordFile } from '../recordings/record-files.ts';

/** What a stream's `start` said. */
export interface StreamStart {
  readonly callSid: string;
  readonly accountSid: string;
  readonly streamSid: string;
  /** What the TwiML of the stream gave along: `from`, `to`, `direction`, `transfer`. */
  readonly customParameters: ReadonlyMap<string, string>;
}

export interface CallStream {
  /**
   * The call has begun: its messages may be posted from now on, those that waited first. `callBeganAgoMs`: since the
   * call's first stream began; the time limit is the call's. `recording` belongs to the stream; null: none is kept.
   */
  accept(callId: CallId, callBeganAgoMs: number, recording: RecordFile | null): void;
  /** Both legs are kept in `recording` from now on, which is the stream's; null: they are kept no more. Absent: none can be. */
  record?(recording: RecordFile | null): void;
  /** Plays, listens, clears, finishes. */
  order(message: FromCall): void;
  /** Drops what is queued, plays this to its end, then ends with `reason`; ends anyway if it cannot be played. */
  playAndFinish(promptKey: string, reason: EndReason): void;
  /** Closes the socket with the code that fits. Idempotent. */
  end(reason: EndReason): void;
  /** Something that the call tells of itself, for a caller who can see it. */
  noted?(note: CallNote): void;
  /** What can be heard at this moment. For whoever watches; absent where nothing is known of it. */
  sound?(): StreamSound;
}

/** Of both ends of a stream, at one moment. */
export interface StreamSound {
  /** Of the caller's last frame, -100 to 0. */
  readonly levelDbfs: number;
  /** The caller speaks. */
  readonly isSpeaking: boolean;
  /** The caller may hear us. */
  readonly botSpeaks: boolean;
}

export interface StreamHooks {
  readonly onStart: (start: StreamStart) => void;
  readonly post: (message: ToCall) => void;
  /** Once, also when `end` was called from here. */
  readonly onEnd: (reason: EndReason) => void;
}

/** A media stream with its socket's side; `MediaStream` is one. */
export interface SocketStream extends CallStream {
  /** The buffer is read during the call only. */
  receive(message: ArrayBuffer, isBinary: boolean): void;
  drained(): void;
  pinged(): void;
  pong(): void;
  /** The socket has closed, by whom ever: it ends the stream as lost, if it has not ended. */
  socketClosed(): void;
}
