/**
 * The WebSocket of one stream, opened as Twilio opens it: no extensions, no subprotocol, no Origin, its user agent, its
 * signature. `StreamSocket` is all that `CarrierStream` sees, so a test may put something else in its place.
 */
import { randomBytes } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import type { Clock } from '../clock.ts';

export interface StreamSocket {
  /** Bytes that the server has not yet taken. */
  readonly bufferedBytes: number;
  send(message: string | Uint8Array): void;
  /** Closes with a close frame, and for good after 2 s if the server does not answer it. */
  close(code: number): void;
  /** Breaks the connection: by RST, or by FIN with no close frame. */
  break(how: 'reset' | 'fin'): void;
  /** Reads nothing from now on. */
  stopReading(): void;
}

export interface StreamSocketEvents {
  opened(): void;
  /** Null for a binary message. */
  received(text: string | null): void;
  /** Comes once, also when it never opened; no message comes after it. */
  closed(end: SocketEnd): void;
  /** The operating system's socket is gone; comes once, after `closed`. */
  released(): void;
}

export type SocketEnd =
  /** Never opened; `code` is Twilio's error. */
  | { readonly kind: 'refused'; readonly code: number; readonly text: string }
  /** A close frame came; 1005 if it had no code. */
  | { readonly kind: 'closed'; readonly closeCode: number }
  /** The connection ended without one. */
  | { readonly kind: 'broken'; readonly protocolError: boolean };

export interface StreamAddress {
  /** Where to connect, with the path: `ws://127.0.0.1:8080/ws/twilio/TOKEN`. */
  readonly url: string;
  /** The Host header: the public name. */
  readonly host: string;
  readonly signature: string;
  /** Certificate authorities to trust beside none other; PEM. */
  readonly ca?: string | undefined;
}

export type OpenStreamSocket = (
  address: StreamAddress,
  events: StreamSocketEvents,
  clock: Clock,
) => StreamSocket;

const HANDSHAKE_MAX_MS = 10_000;
const CLOSE_MAX_MS = 2000;
const MESSAGE_MAX_BYTES = 16 * 1024 * 1024;

export const openStreamSocket: OpenStreamSocket = (address, events, clock) => {
  // One mask a connection: as valid as one a frame, and much cheaper at 50 frames a second.
  const mask = randomBytes(4);
  const { hostname } = new URL(`http://${address.host}`);
  // The package's types do not know `closeTimeout` and what is handed on to `tls.connect` yet.
  const options: ClientOptions & { closeTimeout: number; servername?: string } = {
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_MAX_MS,
    closeTimeout: CLOSE_MAX_MS,
    followRedirects: false,
    maxPayload: MESSAGE_MAX_BYTES,
    // RFC 6066: an address is no server name.
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...(address.ca === undefined ? {} : { ca: address.ca }),
    generateMask: (target) => {
      mask.copy(target);
    },
    headers: {
      Host: address.host,
      'User-Agent': 'Twilio.TmeWs/1.0',
      'X-Twilio-Signature': address.signature,
      'Accept-Encoding': 'gzip',
    },
  };
  const webSocket = new WebSocket(address.url, options);
  let socket: Socket | null = null;
  let ended = false;
  let opened = false;
  let protocolError = false;
  const end = (how: SocketEnd) => {
    if (ended) return;
    ended = true;
    events.closed(how);
  };
  webSocket.on('upgrade', (response) => {
    socket = response.socket;
  });
  webSocket.on('open', () => {
    opened = true;
    events.opened();
  });
  webSocket.on('message', (data, isBinary) => {
    if (!ended) events.received(isBinary ? null : data.toString());
  });
  webSocket.on('error', (error: Error & { code?: string }) => {
    if (opened) {
      protocolError = error.code?.startsWith('WS_ERR') === true;
      return;
    }
    const { code, text } = refusal(error);
    end({ kind: 'refused', code, text });
  });
  webSocket.on('close', (closeCode) => {
    if (!opened) end({ kind: 'refused', code: 31903, text: 'closed during the handshake' });
    else if (closeCode === 1006) end({ kind: 'broken', protocolError });
    else end({ kind: 'closed', closeCode });
    events.released();
  });
  return {
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    send(message) {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.send(message);
    },
    close(code) {
      if (webSocket.isPaused) webSocket.resume();
      if (webSocket.readyState === WebSocket.CONNECTING) webSocket.terminate();
      else webSocket.close(code);
    },
    break(how) {
      if (socket === null) webSocket.terminate();
      else if (how === 'reset') socket.resetAndDestroy();
      else {
        // FIN goes out after what is queued; the server's own FIN ends the socket, or we do.
        const halfOpen = socket;
        const linger = clock.setTimer(CLOSE_MAX_MS, () => halfOpen.destroy());
        halfOpen.once('close', () => clock.clearTimer(linger));
        halfOpen.end();
        halfOpen.resume();
      }
      end({ kind: 'broken', protocolError: false });
    },
    stopReading() {
      webSocket.pause();
    },
  };
};

/** Twilio's error for a handshake that failed. */
function refusal(error: Error & { code?: string }): { code: number; text: string } {
  const { message, code = '' } = error;
  if (/Unexpected server response|Invalid|Server sent/.test(message)) return { code: 31920, text: message };
  if (/timed out/.test(message) || code === 'ETIMEDOUT') return { code: 31901, text: message };
  if (code === 'ECONNREFUSED') return { code: 31902, text: message };
  if (code === 'EHOSTUNREACH' || code === 'ENOTFOUND' || code === 'ENETUNREACH')
    return { code: 31904, text: message };
  if (/CERT|SSL|TLS|ALTNAME|SELF_SIGNED/.test(code)) return { code: 31910, text: message };
  return { code: 31903, text: message };
}
