/**
 * The far side of the media plane for tests: a receiver that finds what the test says, a socket that records, a carrier
 * that plays in real time on a fake clock and echoes marks as Twilio does, and prompts of any length.
 */
import {
  type ListenSettings,
  type NativeStreamReceiver,
  RECEIVED,
  type ReceiverCounters,
} from '../../src/audio/addon-types.ts';
import { type AudioFormat, durationMs, TELEPHONE_FORMAT } from '../../src/audio/audio-format.ts';
import type { ReadyPrompt } from '../../src/audio/ready-prompt.ts';
import { wireBytes } from '../../src/audio/wire-bytes.ts';
import type { CarrierSocket } from '../../src/media/carrier-socket.ts';

export const STREAM_SID = `MZ${'1'.repeat(32)}`;
export const CALL_SID = `CA${'2'.repeat(32)}`;
export const ACCOUNT_SID = `AC${'3'.repeat(32)}`;

/** A prompt of `lengthMs` whose every 20 ms has `levelDbfs`. Its audio is silence, or `codes` again and again. */
export function promptOf(
  key: string,
  lengthMs: number,
  options: { levelDbfs?: number; format?: AudioFormat; codes?: Uint8Array } = {},
): ReadyPrompt {
  const format = options.format ?? TELEPHONE_FORMAT;
  const audioBytes = Math.round((lengthMs / 1000) * format.sampleRateHz) * (format.codec === 'pcm16' ? 2 : 1);
  const audio = Buffer.alloc(audioBytes, options.codes ?? 0xff);
  const wire = new Uint8Array(new SharedArrayBuffer(wireBytes(format, audioBytes)));
  wire.set(format.codec === 'pcm16' ? audio : Buffer.from(audio.toString('base64'), 'latin1'));
  const levels = new Uint8Array(new SharedArrayBuffer(Math.ceil(lengthMs / 20)));
  levels.fill(100 + (options.levelDbfs ?? -20));
  return { key, format, wire, levels, audioBytes, durationMs: durationMs(format, audioBytes) };
}

/** Finds in the next media message what `finds` queued; counts calls; hands out utterances that were put in. */
export class FakeReceiver implements NativeStreamReceiver {
  readonly utteranceRateHz = 8000;
  streamSid = '';
  listening: ListenSettings | null = null;
  noInputMs: number | null = null;
  closed = false;
  discards = 0;
  playoutDbfs: number[] = [];
  /** How often the next message was to be seen. */
  directHolds = 0;
  utterances: ArrayBuffer[] = [];
  /** The utterance in progress, as the test says. */
  speech = new Int16Array(0);
  voicedMs = 0;
  #finds: number[] = [];
  #media = 0;
  #mediaMs = 0;
  #ignored = 0;

  finds(bits: number): void {
    this.#finds.push(bits);
  }

  setStreamSid(streamSid: string): void {
    this.streamSid = streamSid;
  }

  receive(message: ArrayBuffer, playoutDbfs: number): number {
    const text = Buffer.from(message).toString('latin1');
    if (this.closed || !text.startsWith('{"event":"media"')) return 0;
    if (this.streamSid === '' || !text.includes(this.streamSid) || text.includes('"outbound"')) {
      this.#ignored++;
      return RECEIVED.ignored;
    }
    return this.#heard(20, playoutDbfs);
  }

  receiveAudio(payload: Uint8Array | ArrayBuffer, playoutDbfs: number): number {
    return this.closed ? 0 : this.#heard(payload.byteLength / 8, playoutDbfs);
  }

  copyReceived(): number {
    return 0;
  }

  receivedAtMs(): number {
    return -1;
  }

  takeDirectly(): boolean {
    return false;
  }

  holdDirect(): void {
    this.directHolds++;
  }

  receiveGap(durationMs: number, playoutDbfs: number): number {
    if (this.closed) return 0;
    this.#mediaMs += durationMs;
    this.playoutDbfs.push(playoutDbfs);
    return this.#finds.shift() ?? 0;
  }

  #heard(lengthMs: number, playoutDbfs: number): number {
    this.#media++;
    this.#mediaMs += lengthMs;
    this.playoutDbfs.push(playoutDbfs);
    return RECEIVED.media | (this.#finds.shift() ?? 0);
  }

  listen(settings: ListenSettings): void {
    this.listening = settings;
  }

  stopListening(): void {
    this.listening = null;
  }

  discardSpeech(): void {
    this.discards++;
  }

  armNoInput(noInputMs: number): void {
    this.noInputMs = noInputMs;
  }

  disarmNoInput(): void {
    this.noInputMs = null;
  }

  takeUtterance(): ArrayBuffer | null {
    return this.utterances.shift() ?? null;
  }

  copySpeech(fromSamples: number): ArrayBuffer | null {
    return fromSamples < this.speech.length ? this.speech.slice(fromSamples).buffer : null;
  }

  speechVoicedMs(): number {
    return this.voicedMs;
  }

  lastUtterance() {
    return { audioStartMs: 0, speechStartMs: 300, speechEndMs: 700, cut: false, voicedMs: 400 };
  }

  mediaMs(): number {
    return this.#mediaMs;
  }

  isSpeech(): boolean {
    return false;
  }

  levelDbfs(): number {
    return -30;
  }

  noiseFloorDbfs(): number {
    return -60;
  }

  counters(): ReceiverCounters {
    return { mediaMessages: this.#media, ignoredMessages: this.#ignored, badPayloads: 0, clippedFrames: 0 };
  }

  close(): void {
    this.closed = true;
  }
}

/** Records what is sent. `result` and `bufferedBytes` are the test's; touching it after a close fails the test. */
export class FakeSocket implements CarrierSocket {
  readonly sent: string[] = [];
  result = 1;
  /** Takes audio and drops marks: the socket filled up in between. */
  dropsMarks = false;
  bufferedBytes = 0;
  pings = 0;
  closeCode: number | null = null;
  cut = false;
  /** As the server's close route: called before `end` and `close` return, unless the peer is half dead. */
  onClose: (() => void) | null = null;
  onSend: ((message: string) => void) | null = null;

  send(message: Uint8Array, isBinary: boolean): number {
    this.#mustBeOpen();
    if (isBinary) throw new Error('Expected text, received a binary message');
    if (this.result === 2) return 2;
    const text = Buffer.from(message).toString('latin1');
    if (this.dropsMarks && text.startsWith('{"event":"mark"')) return 2;
    this.sent.push(text);
    this.onSend?.(text);
    return this.result;
  }

  getBufferedAmount(): number {
    this.#mustBeOpen();
    return this.bufferedBytes;
  }

  ping(): void {
    this.#mustBeOpen();
    this.pings++;
  }

  end(code: number): void {
    this.#mustBeOpen();
    this.closeCode = code;
    this.onClose?.();
  }

  close(): void {
    if (this.cut) throw new Error('Expected an open socket, received a second close');
    this.cut = true;
    this.onClose?.();
  }

  /** The events sent, in order: `media`, `mark g0.1`, `clear`. */
  events(): string[] {
    return this.sent.map((text) => {
      const { event, mark } = JSON.parse(text) as { event: string; mark?: { name: string } };
      return mark === undefined ? event : `${event} ${mark.name}`;
    });
  }

  #mustBeOpen(): void {
    if (this.closeCode !== null || this.cut) throw new Error('Invalid access of closed socket');
  }
}

/** A message as the socket hands it over. */
export function wireMessage(fields: unknown): ArrayBuffer {
  const bytes = Buffer.from(typeof fields === 'string' ? fields : JSON.stringify(fields));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

export const carrierSays = {
  connected: () => wireMessage({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
  start: (streamSid = STREAM_SID) =>
    wireMessage({
      event: 'start',
      sequenceNumber: '1',
      streamSid,
      start: {
        accountSid: ACCOUNT_SID,
        streamSid,
        callSid: CALL_SID,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: { lane: 'a' },
      },
    }),
  media: (streamSid = STREAM_SID, track = 'inbound') =>
    wireMessage({
      event: 'media',
      sequenceNumber: '2',
      streamSid,
      media: { track, chunk: '1', timestamp: '20', payload: '/////w==' },
    }),
  mark: (name: string) => wireMessage({ event: 'mark', streamSid: STREAM_SID, mark: { name } }),
  digit: (digit: string) =>
    wireMessage({ event: 'dtmf', streamSid: STREAM_SID, dtmf: { track: 'inbound_track', digit } }),
  stop: () =>
    wireMessage({
      event: 'stop',
      streamSid: STREAM_SID,
      stop: { accountSid: ACCOUNT_SID, callSid: CALL_SID },
    }),
};
