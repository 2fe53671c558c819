/**
 * Calls of a simulated carrier whose first stream a test tampers with: what the carrier sends can be changed, kept back or
 * followed by anything, down to the bytes of a frame. All else (webhook, playback, marks, report, and a stream that the
 * call comes back on) is as Twilio does it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { expect, vi } from 'vitest';
import type { CallNote, EndReason } from '../../src/channel/messages.ts';
import type { MediaStream } from '../../src/media/media-stream.ts';
import type { MediaStreamCounters } from '../../src/media/stream-counters.ts';
import type { CallReport } from '../../src/simulator/call-report.ts';
import type { CallerScript } from '../../src/simulator/caller.ts';
import { signRequest } from '../../src/simulator/sign-request.ts';
import type { CallOptions, SimulatedCall } from '../../src/simulator/simulated-call.ts';
import { SimulatedCarrier } from '../../src/simulator/simulated-carrier.ts';
import {
  type OpenStreamSocket,
  openStreamSocket,
  type SocketEnd,
} from '../../src/simulator/stream-socket.ts';
import type { CallRecord } from '../../src/store/call-store.ts';
import { type FrameOptions, RawWebSocket } from './raw-websocket.ts';
import { type HttpAnswer, rawExchange, readAnswer } from './server-rig.ts';
import { NUMBERS, TrunklineRig } from './trunkline-rig.ts';

/** What a rig of these calls is started with, so that this carrier signs as the rig's own does. */
export const AUTH_TOKEN = 'an-auth-token-of-tests-32-letters';
export const PUBLIC_URL = 'https://bot.example.org';
const CLOSE_MAX_MS = 2000;
/** Longer than a pause within a prompt or between two. */
const TURN_SILENCE_MS = 350;

/** The carrier's end of one stream, as a test holds it. */
export interface Wire {
  /** Empty before the carrier's `start`. */
  readonly streamSid: string;
  send(payload: string | Uint8Array, options?: FrameOptions): void;
  bytes(bytes: Uint8Array): void;
  readonly socket: RawWebSocket;
}

export interface Tampering {
  /** More headers of the upgrade. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Each message of the carrier's on its way out: what goes in its place. Default: itself. */
  readonly onSend?: (message: CarrierMessage, wire: Wire) => readonly (object | string)[];
  /** The first audio has come: the call is live. */
  readonly onAudio?: (wire: Wire) => void;
}

/** As far as tests look into it. */
export interface CarrierMessage {
  readonly event: string;
  readonly streamSid?: string;
  readonly start?: Readonly<Record<string, unknown>>;
  readonly media?: { readonly payload: string };
}

/** `caller`: by default one who presses 1 whenever it is their turn. */
export type TamperedOptions = Tampering & CallOptions;

export interface TamperedEnd {
  readonly report: CallReport;
  readonly record: CallRecord;
  readonly notes: readonly CallNote[];
  /** Why the server ended the first stream, and what it had counted on it. */
  readonly reason: EndReason | undefined;
  readonly counters: MediaStreamCounters;
}

export interface TamperedCall {
  readonly call: SimulatedCall;
  /** Resolves when the call has ended and its record is final. */
  readonly finished: Promise<TamperedEnd>;
  /** What the server has counted on the first stream so far. */
  counters(): MediaStreamCounters;
}

/** Answers every question by its key. */
export const pressingOne: CallerScript = {
  silenceMs: TURN_SILENCE_MS,
  onSilence: (caller) => caller.press('1'),
};

export class TamperingRig {
  readonly rig: TrunklineRig;
  /** Of each call the first stream, and why it ended. */
  readonly #streams = new Map<string, MediaStream>();
  readonly #reasons = new Map<string, EndReason>();
  readonly #notes = new Map<string, CallNote[]>();

  readonly #files: number;

  private constructor(rig: TrunklineRig, files: number) {
    this.rig = rig;
    this.#files = files;
    const { directory } = rig.trunkline.server;
    const open = directory.open.bind(directory);
    directory.open = (stream, around, admission, openStream) =>
      open(stream, around, admission, (hooks) => {
        const opened = openStream(hooks);
        if (!this.#streams.has(stream.callSid)) this.#streams.set(stream.callSid, opened as MediaStream);
        return opened;
      });
    directory.observe({
      onNote: (callSid, note) => this.#notes.get(callSid)?.push(note),
      onEnd: (callSid, reason) => {
        if (!this.#reasons.has(callSid)) this.#reasons.set(callSid, reason);
      },
    });
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TamperingRig> {
    const rig = await TrunklineRig.start({ TWILIO_AUTH_TOKEN: AUTH_TOKEN, PUBLIC_URL, ...environment });
    // After a call, so that whatever is opened once is open.
    await rig.freshCallerIsServed();
    await rig.nothingIsLeft();
    return new TamperingRig(rig, openFiles());
  }

  /** A caller who presses 1 whenever it is its turn, unless told otherwise. */
  place(options: TamperedOptions = {}): TamperedCall {
    const { headers, onSend, onAudio, caller, ...rest } = options;
    const carrier = new SimulatedCarrier({
      authToken: AUTH_TOKEN,
      publicUrl: PUBLIC_URL,
      connectTo: { host: '127.0.0.1', port: this.rig.trunkline.port, tls: false },
      insecure: true,
      openSocket: tamperedFirst({
        ...(headers && { headers }),
        ...(onSend && { onSend }),
        ...(onAudio && { onAudio }),
      }),
    });
    const call = carrier.placeCall({
      to: NUMBERS.short,
      timeLimitMs: 60_000,
      ...rest,
      caller: caller ?? pressingOne,
    });
    const { callSid } = call;
    const notes: CallNote[] = [];
    this.#notes.set(callSid, notes);
    const counters = (): MediaStreamCounters => this.#streams.get(callSid)!.counters();
    const finished = call.ended.then(async (report) => {
      await carrier.close();
      const record = await this.rig.finalRecord(callSid);
      return { report, record, notes, reason: this.#reasons.get(callSid), counters: counters() };
    });
    // A test that never looks at it must not fail another.
    finished.catch(() => {});
    return { call, finished, counters };
  }

  /** A fresh caller gets TwiML and hears audio, and nothing is left of who was before: no stream, timer or file. */
  async isUnharmed(): Promise<void> {
    await this.rig.freshCallerIsServed();
    await this.rig.nothingIsLeft();
    await vi.waitFor(() => expect(openFiles()).toBeLessThanOrEqual(this.#files), {
      timeout: 5000,
      interval: 20,
    });
  }

  /** A form as the carrier posts it, signed as if for `signedPath`. */
  async post(path: string, form: Readonly<Record<string, string>>, signedPath = path): Promise<HttpAnswer> {
    const body = new URLSearchParams(form).toString();
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: bot.example.org',
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
      `X-Twilio-Signature: ${signRequest(AUTH_TOKEN, PUBLIC_URL + signedPath, new Map(Object.entries(form)))}`,
    ];
    return readAnswer(await rawExchange(this.rig.trunkline.port, `${head.join('\r\n')}\r\n\r\n${body}`));
  }

  close(): Promise<void> {
    return this.rig.close();
  }
}

/** Files and sockets that this process has open; 0 where the system does not tell. */
function openFiles(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

/** Sockets of one call: the first is tampered with, later ones are not. */
function tamperedFirst(tampering: Tampering): OpenStreamSocket {
  let isFirst = true;
  return (address, events, clock) => {
    const openSocket = isFirst ? tamperedSocket(tampering) : openStreamSocket;
    isFirst = false;
    return openSocket(address, events, clock);
  };
}

function tamperedSocket(tampering: Tampering): OpenStreamSocket {
  return (address, events, clock) => {
    const { hostname, port, pathname } = new URL(address.url);
    let streamSid = '';
    let hasEnded = false;
    let hasAudio = false;
    const end = (how: SocketEnd) => {
      if (hasEnded) return;
      hasEnded = true;
      events.closed(how);
    };
    const socket = new RawWebSocket(
      {
        host: hostname,
        port: Number(port),
        path: pathname,
        headers: { Host: address.host, 'X-Twilio-Signature': address.signature, ...tampering.headers },
      },
      {
        opened: () => events.opened(),
        text: (text) => {
          if (!hasEnded) events.received(text);
          if (hasAudio || !text.includes('"event":"media"')) return;
          hasAudio = true;
          tampering.onAudio?.(wire);
        },
        binary: () => !hasEnded && events.received(null),
        closing: (closeCode) => end({ kind: 'closed', closeCode }),
        gone: () => {
          if (socket.status !== 101) end({ kind: 'refused', code: 31920, text: `HTTP ${socket.status}` });
          else end({ kind: 'broken', protocolError: false });
          events.released();
        },
      },
    );
    const wire: Wire = {
      get streamSid() {
        return streamSid;
      },
      send: (payload, options) => socket.send(payload, options),
      bytes: (bytes) => socket.bytes(bytes),
      socket,
    };
    return {
      get bufferedBytes() {
        return socket.socket.writableLength;
      },
      send(message) {
        const parsed = JSON.parse(message as string) as CarrierMessage;
        if (parsed.event === 'start') streamSid = parsed.streamSid ?? '';
        for (const sent of tampering.onSend?.(parsed, wire) ?? [parsed]) {
          socket.send(typeof sent === 'string' ? sent : JSON.stringify(sent));
        }
      },
      close(code) {
        socket.close(code);
        const linger = clock.setTimer(CLOSE_MAX_MS, () => socket.socket.destroy());
        socket.socket.once('close', () => clock.clearTimer(linger));
      },
      break(how) {
        if (how === 'reset') socket.socket.resetAndDestroy();
        else socket.socket.end();
        end({ kind: 'broken', protocolError: false });
      },
      stopReading() {
        socket.socket.pause();
      },
    };
  };
}
