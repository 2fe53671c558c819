/**
 * A browser's stream over one socket: linear audio as binary messages both ways, at a rate of the page's own inbound and at 16 kHz
 * outbound; all else in JSON (`protocol/browser-messages.ts`). The page is ours, so what it may not send ends the stream, and
 * the page is told why. I/O thread.
 */
import type { NativeStreamReceiver } from '../audio/addon-types.ts';
import { type AudioFormat, BROWSER_FORMAT, type SampleRateHz } from '../audio/audio-format.ts';
import type { CallNote, EndReason } from '../channel/messages.ts';
import {
  BROWSER_TEXT_MAX_BYTES,
  type BrowserEnd,
  type BrowserMessage,
  browserClear,
  browserMark,
  endedMessage,
  noteMessage,
  parseBrowserMessage,
  startedMessage,
} from '../protocol/browser-messages.ts';
import { toBrowserNotes } from './browser-notes.ts';
import { type CarrierSocket, SENT } from './carrier-socket.ts';
import type { CarrierEvent, Transport, TransportCounters } from './transport.ts';
import { TransportSocket } from './transport-socket.ts';

/** The page sends 20 ms; what a busy page sends late comes in more messages, not in longer ones. */
const MESSAGE_MAX_MS = 100;
const BYTES_PER_SAMPLE = 2;

export interface BrowserTransportOf {
  readonly socket: CarrierSocket;
  /** Of linear audio at `sampleRateHz`. */
  readonly receiver: NativeStreamReceiver;
  /** What the stream's token says. */
  readonly callSid: string;
  readonly streamSid: string;
  /** As the first message said, which is read here once more. */
  readonly sampleRateHz: SampleRateHz;
}

export class BrowserTransport implements Transport {
  readonly format: AudioFormat = BROWSER_FORMAT;
  readonly receiver: NativeStreamReceiver;
  readonly #socket: TransportSocket;
  readonly #callSid: string;
  readonly #streamSid: string;
  readonly #messageBytesMax: number;
  #hasStarted = false;
  #decided: Pick<BrowserEnd, 'outcome' | 'answers'> = { outcome: null, answers: [] };
  #wrongType = 0;
  #malformed = 0;

  constructor({ callSid, receiver, sampleRateHz, socket, streamSid }: BrowserTransportOf) {
    this.#socket = new TransportSocket(socket);
    this.receiver = receiver;
    this.#callSid = callSid;
    this.#streamSid = streamSid;
    this.#messageBytesMax = (sampleRateHz * BYTES_PER_SAMPLE * MESSAGE_MAX_MS) / 1000;
  }

  receive(message: ArrayBuffer, isBinary: boolean, playoutDbfs: number): number {
    const bytes = message.byteLength;
    const isAudio = isBinary && this.#hasStarted && bytes > 0 && bytes <= this.#messageBytesMax;
    return isAudio && bytes % BYTES_PER_SAMPLE === 0 ? this.receiver.receiveAudio(message, playoutDbfs) : 0;
  }

  /** Browsers are few: nothing is gained by it. */
  takeDirectly(): void {}

  readEvent(message: ArrayBuffer, isBinary: boolean): CarrierEvent {
    if (isBinary) {
      this.#wrongType++;
      return { kind: 'refused', detail: this.#audioFault(message.byteLength) };
    }
    if (message.byteLength > BROWSER_TEXT_MAX_BYTES) {
      this.#malformed++;
      const detail = `Expected at most ${BROWSER_TEXT_MAX_BYTES} bytes for a message of text, received more`;
      return { kind: 'refused', detail };
    }
    const parsed = parseBrowserMessage(Buffer.from(message).toString('utf8'));
    if (parsed.ok) return this.#toEvent(parsed.message);
    this.#malformed++;
    return { kind: 'refused', detail: parsed.detail };
  }

  #audioFault(bytes: number): string {
    if (!this.#hasStarted) return 'Expected a start for the first message, received audio';
    if (bytes === 0) return 'Expected audio for a binary message, received nothing';
    return bytes % BYTES_PER_SAMPLE === 0
      ? `Expected at most ${MESSAGE_MAX_MS} ms for a message of audio, received more`
      : 'Expected whole samples of two bytes for a message of audio, received an odd number of bytes';
  }

  #toEvent(message: BrowserMessage): CarrierEvent {
    if (message.event === 'start') return this.#start();
    if (!this.#hasStarted) {
      return { kind: 'refused', detail: 'Expected a start for the first message, received another' };
    }
    switch (message.event) {
      case 'digit':
        return { kind: 'digit', digit: message.digit };
      case 'mark':
        return { kind: 'mark', name: message.name };
      case 'stop':
        return { kind: 'stop' };
    }
  }

  #start(): CarrierEvent {
    if (this.#hasStarted) return { kind: 'refused', detail: 'Expected one start, received a second' };
    this.#hasStarted = true;
    const callSid = this.#callSid;
    const streamSid = this.#streamSid;
    this.#socket.send(startedMessage(callSid, streamSid), false);
    const start = { callSid, accountSid: '', streamSid, format: this.format, customParameters: new Map() };
    return { kind: 'start', start };
  }

  sendAudio(wire: Uint8Array, from: number, to: number): number {
    return this.#hasStarted ? this.#socket.send(wire.subarray(from, to), true) : SENT.dropped;
  }

  sendMark(name: string): number {
    return this.#hasStarted ? this.#socket.send(browserMark(name), false) : SENT.dropped;
  }

  sendClear(): number {
    return this.#hasStarted ? this.#socket.send(browserClear(), false) : SENT.dropped;
  }

  noted(note: CallNote): void {
    if (note.kind === 'decided') {
      const answers = Object.entries(note.answers).map(([node, value]) => ({ node, value: String(value) }));
      this.#decided = { outcome: note.outcome, answers };
    }
    for (const shown of toBrowserNotes(note)) this.#socket.send(noteMessage(shown), false);
  }

  ping(): void {
    this.#socket.ping();
  }

  bufferedBytes(): number {
    return this.#socket.bufferedBytes();
  }

  close(code: number, reason: EndReason, detail: string): void {
    if (!this.#socket.isOpen) return;
    this.#socket.send(endedMessage({ reason, ...this.#decided }), false);
    this.#socket.end(code, detail);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  socketClosed(): void {
    this.#socket.closed();
  }

  counters(): TransportCounters {
    return { wrongType: this.#wrongType, malformed: this.#malformed, unknownEvents: 0, foreign: 0 };
  }
}
