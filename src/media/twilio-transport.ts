/**
 * Twilio's bidirectional media stream over one socket: JSON text both ways, mu-law at 8 kHz in base64.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages
 * Inbound audio goes to the native receiver as the bytes came; everything else is parsed in `protocol/`. I/O thread.
 */
import type { NativeStreamReceiver } from '../audio/addon-types.ts';
import { type AudioFormat, TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import type { EndReason } from '../channel/messages.ts';
import {
  clearMessage,
  markMessage,
  mediaEnvelope,
  parseTwilioMessage,
  type StartMessage,
  type TwilioMessage,
} from '../protocol/twilio-messages.ts';
import { type CarrierSocket, SENT } from './carrier-socket.ts';
import type { CarrierEvent, Transport, TransportCounters } from './transport.ts';
import { TransportSocket } from './transport-socket.ts';

/** Where outbound messages are put together. `send` copies before it returns, so all streams of the thread share it. */
const scratch = new Uint8Array(64 * 1024);

const NOTHING: CarrierEvent = { kind: 'nothing' };
const STOP: CarrierEvent = { kind: 'stop' };
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

interface Envelope {
  readonly streamSid: string;
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
}

export class TwilioTransport implements Transport {
  readonly format: AudioFormat = TELEPHONE_FORMAT;
  readonly receiver: NativeStreamReceiver;
  readonly #socket: TransportSocket;
  readonly #isDirect: boolean;
  /** What `start` fixed; null before it. */
  #envelope: Envelope | null = null;
  #wrongType = 0;
  #malformed = 0;
  #unknownEvents = 0;
  #foreign = 0;

  /**
   * `receiver` must be of the telephone format. The socket stays the server's to report closed. `isDirect`: nobody needs to see each
   * message, so that audio may be taken directly.
   */
  constructor(socket: CarrierSocket, receiver: NativeStreamReceiver, isDirect = false) {
    this.#socket = new TransportSocket(socket);
    this.#isDirect = isDirect;
    this.receiver = receiver;
  }

  receive(message: ArrayBuffer, isBinary: boolean, playoutDbfs: number): number {
    return isBinary ? 0 : this.receiver.receive(message, playoutDbfs);
  }

  takeDirectly(found: (received: number) => void): void {
    if (this.#isDirect) this.receiver.takeDirectly(found);
  }

  readEvent(message: ArrayBuffer, isBinary: boolean, playoutDbfs: number): CarrierEvent {
    if (isBinary) {
      this.#wrongType++;
      return NOTHING;
    }
    const parsed = parseTwilioMessage(Buffer.from(message).toString('utf8'));
    if (parsed.ok) return this.#toEvent(parsed.message, playoutDbfs);
    if (parsed.reason === 'unsupported format' && this.#envelope === null) {
      return { kind: 'refused', detail: parsed.detail };
    }
    this.#malformed++;
    return NOTHING;
  }

  #toEvent(message: TwilioMessage, playoutDbfs: number): CarrierEvent {
    switch (message.event) {
      case 'connected':
        return NOTHING;
      case 'unknown':
        this.#unknownEvents++;
        return NOTHING;
      case 'start':
        return this.#start(message);
      default:
    }
    if (message.streamSid !== this.#envelope?.streamSid) {
      this.#foreign++;
      return NOTHING;
    }
    switch (message.event) {
      case 'media':
        return this.#unusualMedia(message.track, message.payload, playoutDbfs);
      case 'dtmf':
        return { kind: 'digit', digit: message.digit };
      case 'mark':
        return { kind: 'mark', name: message.name };
      case 'stop':
        return STOP;
    }
  }

  /** A second start changes nothing here; whether it is ignored is the stream's to say. */
  #start(message: StartMessage): CarrierEvent {
    const { streamSid, callSid, accountSid, customParameters } = message;
    if (this.#envelope === null) {
      this.#envelope = { streamSid, ...mediaEnvelope(streamSid) };
      this.receiver.setStreamSid(streamSid);
    }
    return {
      kind: 'start',
      start: { callSid, accountSid, streamSid, format: this.format, customParameters },
    };
  }

  /** Media in a form that the native scan does not take, such as an escaped payload: rare, so it may cost an object. */
  #unusualMedia(track: 'inbound' | 'outbound', payload: string, playoutDbfs: number): CarrierEvent {
    if (track === 'outbound') {
      this.#foreign++;
      return NOTHING;
    }
    if (!BASE64.test(payload) || payload.length % 4 !== 0) {
      this.#malformed++;
      return NOTHING;
    }
    const found = this.receiver.receiveAudio(Buffer.from(payload, 'base64'), playoutDbfs);
    return { kind: 'audio', found };
  }

  sendAudio(wire: Uint8Array, from: number, to: number): number {
    const envelope = this.#envelope;
    if (envelope === null) return SENT.dropped;
    const { prefix, suffix } = envelope;
    const suffixAt = prefix.length + to - from;
    scratch.set(prefix, 0);
    scratch.set(wire.subarray(from, to), prefix.length);
    scratch.set(suffix, suffixAt);
    return this.#send(scratch.subarray(0, suffixAt + suffix.length));
  }

  sendMark(name: string): number {
    return this.#envelope === null ? SENT.dropped : this.#send(markMessage(this.#envelope.streamSid, name));
  }

  sendClear(): number {
    return this.#envelope === null ? SENT.dropped : this.#send(clearMessage(this.#envelope.streamSid));
  }

  ping(): void {
    this.#socket.ping();
  }

  bufferedBytes(): number {
    return this.#socket.bufferedBytes();
  }

  close(code: number, _reason: EndReason, detail: string): void {
    this.#socket.end(code, detail);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  socketClosed(): void {
    this.#socket.closed();
  }

  counters(): TransportCounters {
    return {
      wrongType: this.#wrongType,
      malformed: this.#malformed,
      unknownEvents: this.#unknownEvents,
      foreign: this.#foreign,
    };
  }

  #send(message: Uint8Array): number {
    return this.#socket.send(message, false);
  }
}
