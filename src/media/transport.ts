/**
 * What a carrier is to the media plane: messages come in and are audio or an event; audio, marks and clears go out. One
 * class per carrier, over one socket; it knows the wire and nothing of playback, listening or calls. I/O thread.
 */
import type { NativeStreamReceiver } from '../audio/addon-types.ts';
import type { AudioFormat } from '../audio/audio-format.ts';
import type { CallNote, EndReason } from '../channel/messages.ts';

/** What the first message of a stream says of it. Nothing in it is trusted yet. */
export interface StreamStart {
  readonly callSid: string;
  readonly accountSid: string;
  readonly streamSid: string;
  /** Of the audio that it plays. */
  readonly format: AudioFormat;
  readonly customParameters: ReadonlyMap<string, string>;
}

/** What a message told that was no audio of the fast path. */
export type CarrierEvent =
  | { readonly kind: 'start'; readonly start: StreamStart }
  /** After this message the stream cannot be served; `detail` says why, in ASCII and without a caller's words. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Audio that came in an unusual form; it has been taken in. `found`: bits of `RECEIVED`. */
  | { readonly kind: 'audio'; readonly found: number }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'digit'; readonly digit: string }
  /** The carrier ended the stream: the caller is gone. */
  | { readonly kind: 'stop' }
  /** Nothing to act on: a greeting, or something unknown, malformed or not of this stream; the latter are counted. */
  | { readonly kind: 'nothing' };

export interface Transport {
  /** Of the audio that it plays. Prompts in another format are refused before they come here. */
  readonly format: AudioFormat;
  /** Takes the inbound audio. The stream listens through it and closes it. */
  readonly receiver: NativeStreamReceiver;
  /**
   * Takes one message if it is audio, and returns bits of `RECEIVED`; 0 means: ask `readEvent`. Called 50 times a second
   * for each stream: allocates nothing. `playoutDbfs` as in `NativeStreamReceiver.receive`.
   */
  receive(message: ArrayBuffer, isBinary: boolean, playoutDbfs: number): number;
  /**
   * From now on audio may be taken without `receive`, where the transport can do that: `found` is then told what it found, if that is
   * more than media. Never more than two seconds of it in a row, and less than 100 ms while something plays.
   */
  takeDirectly(found: (received: number) => void): void;
  /** Reads a message that `receive` left over. Never throws for what the peer sent. */
  readEvent(message: ArrayBuffer, isBinary: boolean, playoutDbfs: number): CarrierEvent;
  /**
   * Sends the bytes `from` to `to` of a prompt's `wire`. All sends return a value of `SENT`, and `SENT.dropped`
   * before `start` and after the close.
   */
  sendAudio(wire: Uint8Array, from: number, to: number): number;
  sendMark(name: string): number;
  /** Empties what the carrier has not played yet. */
  sendClear(): number;
  /** Something that the call tells of itself, where the carrier shows it. Absent: it does not. */
  noted?(note: CallNote): void;
  ping(): void;
  /** Bytes that wait in our process. */
  bufferedBytes(): number;
  /** Closes with a close message, which says `detail`: at most 123 bytes. Idempotent; nothing is sent after it. */
  close(code: number, reason: EndReason, detail: string): void;
  /** Closes at once. Idempotent, also after `close`. */
  terminate(): void;
  /** The socket is gone: it must not be touched again. Idempotent. */
  socketClosed(): void;
  counters(): TransportCounters;
}

/** Messages since the socket opened, by what became of them. */
export interface TransportCounters {
  /** Binary on a text protocol, or text on a binary one. */
  readonly wrongType: number;
  /** Not JSON, or with fields missing or of a wrong type. */
  readonly malformed: number;
  readonly unknownEvents: number;
  /** Of another stream than the one that `start` named, or before `start`. */
  readonly foreign: number;
}
