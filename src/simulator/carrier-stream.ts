/**
 * One media stream as Twilio runs it: connected, start, the caller's audio every 20 ms, the server's audio played in real
 * time from a buffer, marks echoed when played, stop. Ends once, by `ended`; the call decides what comes after.
 */
import type { Clock, Timer } from '../clock.ts';
import type { CallerControls, CallerScript, NetworkOptions } from './caller.ts';
import { type CallerLine, FRAME_BYTES } from './caller-line.ts';
import {
  CONNECTED_MESSAGE,
  dtmfMessage,
  markEcho,
  mediaMessage,
  readServerMessage,
  type StreamNames,
  startMessage,
  stopMessage,
} from './carrier-messages.ts';
import type { HeardAudio } from './heard-audio.ts';
import { PlaybackBuffer } from './playback-buffer.ts';
import type { Random } from './random.ts';
import { StreamLink } from './stream-link.ts';
import type { StreamEnd, StreamReport } from './stream-report.ts';
import type {
  OpenStreamSocket,
  SocketEnd,
  StreamAddress,
  StreamSocket,
  StreamSocketEvents,
} from './stream-socket.ts';
import { TICK_MS, type Ticker } from './ticker.ts';

/** Beyond this the server reads too slowly: Twilio throws inbound audio away (warning 31930). */
const UNREAD_MAX_BYTES = 256 * 1024;
const DIGIT_TICKS = 5;
const STOP_MAX_MS = 10_000;
const RECORDS_MAX = 10_000;

export interface StreamSetting {
  readonly clock: Clock;
  readonly ticker: Ticker;
  readonly random: Random;
  readonly names: StreamNames;
  readonly customParameters: Readonly<Record<string, string>>;
  readonly address: StreamAddress;
  /** The URL as the TwiML gave it. */
  readonly url: string;
  readonly openSocket: OpenStreamSocket;
  readonly network: NetworkOptions;
  readonly line: CallerLine;
  readonly heard: HeardAudio;
  readonly script: CallerScript;
  readonly controls: CallerControls;
  readonly warn: (code: number, text: string) => void;
  /** The socket is gone, perhaps some time after the stream's end. */
  readonly released: () => void;
  /** The handshake was answered with 101. */
  readonly started: () => void;
  /** A hook threw. */
  readonly failed: (thrown: unknown) => void;
}

type Downward =
  | { readonly kind: 'message'; readonly text: string | null }
  | { readonly kind: 'end'; readonly end: SocketEnd };

export class CarrierStream {
  readonly ended: Promise<StreamEnd>;
  readonly report: StreamReport;
  readonly #setting: StreamSetting;
  readonly #socket: StreamSocket;
  readonly #link: StreamLink<string | Uint8Array, Downward>;
  readonly #buffer = new PlaybackBuffer();
  readonly #frame = new Uint8Array(FRAME_BYTES);
  /** The value of the first timestamp is not documented: some small number. */
  readonly #firstTimestampMs: number;
  #state: 'opening' | 'live' | 'stopping' | 'ended' = 'opening';
  #resolveEnded!: (end: StreamEnd) => void;
  #removeTick: (() => void) | null = null;
  #stopTimer: Timer | null = null;
  #sequence = 0;
  #digits: string[] = [];
  #digitTicks = 0;
  #warned = new Set<number>();
  #wasQuiet = true;
  #turnGiven = true;
  #wasSpeaking = false;

  constructor(setting: StreamSetting) {
    this.#setting = setting;
    this.#firstTimestampMs = 1 + Math.floor(setting.random() * 120);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.report = {
      streamSid: setting.names.streamSid,
      url: setting.url,
      openedAtMs: null,
      firstAudioAtMs: null,
      endedAtMs: null,
      end: null,
      mediaSent: 0,
      mediaReceived: 0,
      receivedAfterStop: 0,
      marks: [],
      clears: [],
    };
    this.#link = new StreamLink(
      setting.network,
      setting.random,
      (message) => this.#socket.send(message),
      (downward) => this.#arrive(downward),
    );
    const events: StreamSocketEvents = {
      opened: () => this.#open(),
      received: (text) => this.#link.down({ kind: 'message', text }, this.#nowMs()),
      closed: (end) => {
        const downward: Downward = { kind: 'end', end };
        if (this.#state === 'opening') this.#arrive(downward);
        else this.#link.down(downward, this.#nowMs());
      },
      released: setting.released,
    };
    this.#socket = setting.openSocket(setting.address, events, setting.clock);
  }

  press(digits: string): void {
    if (this.#state === 'live') this.#digits.push(...digits.replace(/[^0-9*#A-D]/g, ''));
  }

  freeze(durationMs: number): void {
    this.#link.freeze(this.#nowMs() + durationMs);
  }

  sendRaw(message: string | Uint8Array): void {
    if (this.#state === 'live') this.#link.up(message, this.#nowMs());
  }

  /** The caller has hung up: `stop`, then the close. Idempotent. */
  stop(): void {
    if (this.#state === 'opening') {
      this.#end({ kind: 'stopped' });
      this.#socket.break('fin');
      return;
    }
    if (this.#state !== 'live') return;
    this.#state = 'stopping';
    if (this.#setting.network.sendsStart !== false) {
      this.#link.up(stopMessage(this.#nextSequence(), this.#setting.names), this.#nowMs());
    }
    const waitMs =
      this.#setting.network.closesAfterStop === false ? STOP_MAX_MS : (this.#setting.network.delayMs ?? 0);
    if (waitMs === 0) this.#closeSocket();
    else this.#stopTimer = this.#setting.clock.setTimer(waitMs + TICK_MS, () => this.#closeSocket());
  }

  /** The connection breaks. Idempotent. */
  drop(how: 'reset' | 'fin'): void {
    if (this.#state === 'ended') return;
    this.#end({ kind: 'dropped' });
    this.#socket.break(how);
  }

  #closeSocket(): void {
    this.#end({ kind: 'stopped' });
    this.#socket.close(1000);
  }

  #open(): void {
    if (this.#state !== 'opening') return;
    const { network, names, customParameters, script, ticker } = this.#setting;
    this.#state = 'live';
    this.report.openedAtMs = this.#setting.controls.nowMs;
    if (network.sendsStart !== false) {
      this.#link.up(CONNECTED_MESSAGE, this.#nowMs());
      this.#link.up(startMessage(this.#nextSequence(), names, customParameters), this.#nowMs());
    }
    if (network.reads === false) this.#socket.stopReading();
    this.#removeTick = ticker.add(() => this.#tick());
    this.#setting.started();
    this.#tell(() => script.onStart?.(this.#setting.controls));
  }

  #tick(): void {
    this.#link.flush(this.#nowMs());
    if (this.#state !== 'live') return;
    this.#play();
    // A hook may have hung up: nothing goes out after `stop`.
    if (this.#state !== 'live' || this.#setting.network.sendsStart === false) return;
    this.#sendMedia();
    if (this.#state !== 'live') return;
    if (this.#digits.length > 0 && this.#digitTicks++ % DIGIT_TICKS === 0) {
      const digit = this.#digits.shift()!;
      this.#link.up(dtmfMessage(this.#nextSequence(), digit, this.#setting.names.streamSid), this.#nowMs());
    }
  }

  #sendMedia(): void {
    const { line, network, names, script, controls } = this.#setting;
    const payload = line.next();
    if (network.sendsMedia !== false) {
      if (this.#socket.bufferedBytes > UNREAD_MAX_BYTES) {
        this.#warnOnce(31930, 'the server reads too slowly: inbound audio discarded');
      } else {
        const chunk = this.report.mediaSent + 1;
        const timestampMs = this.#firstTimestampMs + this.report.mediaSent * TICK_MS;
        this.report.mediaSent = chunk;
        const message = mediaMessage(this.#nextSequence(), chunk, timestampMs, payload, names.streamSid);
        this.#link.upMedia(message, this.#nowMs());
      }
    }
    const saidAll = this.#wasSpeaking && !line.isSpeaking;
    this.#wasSpeaking = line.isSpeaking;
    if (saidAll) this.#tell(() => script.onSaid?.(controls));
  }

  #play(): void {
    const { heard, line, script, controls } = this.#setting;
    // The frame of the tick before has been played by now, and with it the marks behind it.
    for (const name of this.#buffer.takePassedMarks()) this.#echo(name, true);
    const audioBytes = this.#buffer.take(this.#frame);
    heard.add(this.#frame, audioBytes);
    line.hear(this.#frame);
    if (audioBytes > 0 && this.report.firstAudioAtMs === null) this.report.firstAudioAtMs = controls.nowMs;
    if (heard.quietMs === null) return;
    const silenceMs = script.silenceMs ?? 300;
    if (heard.quietMs === 0) {
      this.#turnGiven = false;
      if (this.#wasQuiet) this.#tell(() => script.onAudioStart?.(controls));
      this.#wasQuiet = false;
    } else if (heard.quietMs >= silenceMs && !this.#turnGiven) {
      this.#turnGiven = true;
      this.#wasQuiet = true;
      this.#tell(() => script.onSilence?.(controls));
    }
  }

  #arrive(downward: Downward): void {
    if (downward.kind === 'end') {
      this.#end(downward.end);
      return;
    }
    if (this.#state !== 'live') {
      if (this.#state === 'stopping') this.report.receivedAfterStop += 1;
      return;
    }
    if (downward.text === null) {
      this.#warnOnce(31950, 'binary message');
      return;
    }
    const message = readServerMessage(downward.text, this.#setting.names.streamSid);
    switch (message.kind) {
      case 'media':
        this.report.mediaReceived += 1;
        if (!this.#buffer.enqueue(message.audio)) this.#warnOnce(31931, 'more than 10 minutes buffered');
        this.#tell(() => this.#setting.script.onMedia?.(this.#setting.controls));
        break;
      case 'mark':
        this.#takeMark(message.name);
        break;
      case 'clear':
        this.#clear();
        break;
      case 'invalid':
        this.#warnOnce(31951, message.why);
        break;
    }
  }

  #takeMark(name: string): void {
    if (this.report.marks.length < RECORDS_MAX) {
      const receivedAtMs = this.#setting.controls.nowMs;
      this.report.marks.push({ name, receivedAtMs, echoedAtMs: null, heard: false });
    }
    if (this.#buffer.mark(name)) this.#echo(name, true);
  }

  #clear(): void {
    const { heard, script, controls } = this.#setting;
    const { pendingMarks, droppedBytes } = this.#buffer.clear();
    heard.boundary();
    if (this.report.clears.length < RECORDS_MAX) {
      this.report.clears.push({ atMs: controls.nowMs, droppedMs: droppedBytes / 8 });
    }
    for (const name of pendingMarks) this.#echo(name, false);
    this.#tell(() => script.onClear?.(controls));
  }

  #echo(name: string, wasHeard: boolean): void {
    const { heard, network, names, script, controls } = this.#setting;
    heard.boundary();
    if (network.echoesMarks !== false) {
      const mark = this.report.marks.find(
        (candidate) => candidate.name === name && candidate.echoedAtMs === null,
      );
      if (mark !== undefined) {
        mark.echoedAtMs = controls.nowMs;
        mark.heard = wasHeard;
      }
      this.#link.up(markEcho(this.#nextSequence(), name, names.streamSid), this.#nowMs());
    }
    this.#tell(() => script.onMark?.(controls, name, wasHeard));
  }

  #end(end: StreamEnd): void {
    if (this.report.end !== null) return;
    this.#state = 'ended';
    this.report.end = end;
    this.report.endedAtMs = this.#setting.controls.nowMs;
    this.#removeTick?.();
    if (this.#stopTimer !== null) this.#setting.clock.clearTimer(this.#stopTimer);
    this.#resolveEnded(end);
  }

  #tell(hook: () => void): void {
    try {
      hook();
    } catch (thrown) {
      this.#setting.failed(thrown);
    }
  }

  #warnOnce(code: number, text: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#setting.warn(code, text);
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #nowMs(): number {
    return this.#setting.clock.nowMs();
  }
}
