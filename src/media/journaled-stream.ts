/**
 * A media stream through a journal: everything that its socket, its server, the wheel and the registry do to it comes in by
 * `enter`, and what it tells them by `tell`. The stream itself knows nothing of that. In a replay the world around it is
 * made of the record, and the very same stream runs. I/O thread.
 */

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { NativeStreamReceiver } from '../audio/addon-types.ts';
import type { CallId, EndReason, FromCall, ToCall } from '../channel/messages.ts';
import type { Clock } from '../clock.ts';
import type { Journal, JournalEntry } from '../journal/journal.ts';
import type { RecordFile } from '../recordings/record-files.ts';
import type { CarrierSocket } from './carrier-socket.ts';
import { type AudioNames, JournaledPrompts } from './journaled-prompts.ts';
import { JournaledSocket } from './journaled-socket.ts';
import { JournaledTimers } from './journaled-timers.ts';
import type { MediaPlane } from './media-plane.ts';
import { MediaStream } from './media-stream.ts';
import type { MediaStreamHooks, MediaStreamLimits } from './media-stream-hooks.ts';
import { OWN_PLAY_ID } from './prompt-news.ts';
import { readTwilioOutbound } from './twilio-outbound.ts';
import { TwilioTransport } from './twilio-transport.ts';

export interface JournaledStreamParts {
  readonly journal: Journal;
  readonly plane: MediaPlane;
  readonly socket: CarrierSocket;
  /** Of the telephone format. The stream closes it. */
  readonly receiver: NativeStreamReceiver;
  readonly hooks: MediaStreamHooks;
  readonly limits: MediaStreamLimits;
  readonly audioNames: AudioNames;
  /** The stream's opening on the plane's clock. */
  readonly originAtMs: number;
}

export class JournaledStream {
  readonly timers: JournaledTimers;
  readonly prompts: JournaledPrompts;
  readonly #journal: Journal;
  readonly #receiver: NativeStreamReceiver;
  readonly #socket: JournaledSocket;
  readonly #stream: MediaStream;

  /** Call it in the socket's open event, as `MediaStream`'s. */
  constructor(parts: JournaledStreamParts) {
    const { journal, limits, originAtMs, plane, receiver, socket } = parts;
    this.#journal = journal;
    this.#receiver = receiver;
    this.timers = new JournaledTimers(journal, plane.wheel, originAtMs);
    this.prompts = new JournaledPrompts(journal, plane.registry, parts.audioNames);
    const ownPlane: MediaPlane = {
      ...plane,
      clock: clockOf(journal, plane.clock),
      wheel: this.timers,
      registry: this.prompts,
    };
    this.#socket = new JournaledSocket(journal, socket, readTwilioOutbound);
    const transport = new TwilioTransport(this.#socket, receiver);
    let stream: MediaStream | null = null;
    journal.enter({ kind: 'opened' }, () => {
      stream = new MediaStream(ownPlane, transport, journaledHooks(journal, parts.hooks), limits);
    });
    this.#stream = stream!;
  }

  get hasEnded(): boolean {
    return this.#stream.hasEnded;
  }

  receive(message: ArrayBuffer, isBinary: boolean): void {
    const mediaMs = this.#receiver.mediaMs();
    const input = { kind: 'message', mediaMs, ...contentOf(message, isBinary) };
    this.#journal.enter(input, () => this.#stream.receive(message, isBinary));
  }

  /** A recording of the audio is no part of the journal: nothing depends on it. */
  accept(callId: CallId, callBeganAgoMs: number, recording: RecordFile | null): void {
    const input = { kind: 'accepted', callId, callBeganAgoMs };
    this.#journal.enter(input, () => this.#stream.accept(callId, callBeganAgoMs, recording));
  }

  /** As the recording that `accept` is given. */
  record(recording: RecordFile | null): void {
    this.#stream.record(recording);
  }

  /** An order of the call's own is kept by name: the record has its content from the call. */
  order(message: FromCall): void {
    const isOfServer = message.kind === 'fill' && message.playId === OWN_PLAY_ID;
    const input = isOfServer ? { kind: 'order', of: message } : { kind: 'order', order: message.kind };
    this.#journal.enter(input, () => this.#stream.order(message));
  }

  playAndFinish(promptKey: string, reason: EndReason): void {
    const input = { kind: 'goodbye', promptKey, reason };
    this.#journal.enter(input, () => this.#stream.playAndFinish(promptKey, reason));
  }

  end(reason: EndReason): void {
    this.#journal.enter({ kind: 'end', reason }, () => this.#stream.end(reason));
  }

  /** Changes nothing, and so is no part of the journal. */
  sound(): ReturnType<MediaStream['sound']> {
    return this.#stream.sound();
  }

  drained(): void {
    this.#journal.enter({ kind: 'drained' }, () => this.#stream.drained());
  }

  pinged(): void {
    this.#journal.enter({ kind: 'pinged' }, () => this.#stream.pinged());
  }

  pong(): void {
    this.#journal.enter({ kind: 'pong' }, () => this.#stream.pong());
  }

  socketClosed(): void {
    this.#journal.enter({ kind: 'closed' }, () => {
      this.#socket.lost();
      this.#stream.socketClosed();
    });
  }
}

/** Stands still while one input is served. */
function clockOf(journal: Journal, clock: Clock): Clock {
  return {
    nowMs: () => journal.nowMs,
    wallMs: () => clock.wallMs(),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    clearTimer: (timer) => clock.clearTimer(timer),
  };
}

function journaledHooks(journal: Journal, hooks: MediaStreamHooks): MediaStreamHooks {
  return {
    onStart(start) {
      const customParameters = Object.fromEntries(start.customParameters);
      journal.tell({ kind: 'start', start: { ...start, customParameters } });
      hooks.onStart(start);
    },
    post(message) {
      journal.tell({ kind: 'post', message: withoutAudio(message) });
      hooks.post(message);
    },
    onEnd(reason, disposition) {
      journal.tell({ kind: 'ended', reason, disposition });
      hooks.onEnd(reason, disposition);
    },
  };
}

function contentOf(message: ArrayBuffer, isBinary: boolean): Omit<JournalEntry, 'kind'> {
  const bytes = Buffer.from(message);
  return !isBinary && isUtf8(bytes)
    ? { text: bytes.toString('utf8') }
    : { isBinary, base64: bytes.toString('base64') };
}

function withoutAudio(message: ToCall): object {
  if (!('audio' in message)) return message;
  const { audio, ...rest } = message;
  const sha256 = createHash('sha256').update(new Uint8Array(audio)).digest('hex');
  return { ...rest, audioBytes: audio.byteLength, sha256 };
}
