/**
 * A server for tests of the simulated carrier on a clock that stands still: the webhook is a real one on loopback (a
 * handful of ms), the stream's socket is a pair of arrays.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CarrierOptions } from '../../../src/simulator/simulated-carrier.ts';
import type { StreamAddress, StreamSocketEvents } from '../../../src/simulator/stream-socket.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A message of the carrier's, with what the tests look at. */
interface Received {
  readonly event: string;
  readonly media?: { readonly payload: string; readonly timestamp: string };
  readonly dtmf?: { readonly digit: string };
  readonly start?: { readonly streamSid: string };
}

interface FakeSocket {
  readonly address: StreamAddress;
  readonly events: StreamSocketEvents;
  readonly sent: (string | Uint8Array)[];
  closedWith: number | null;
}

export async function fakeServer() {
  const clock = new FakeClock();
  const http = createServer((_request, response) => {
    response.setHeader('content-type', 'text/xml');
    response.end('<Response><Connect><Stream url="wss://bot.example.org/ws/1"/></Connect></Response>');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  let socket: FakeSocket | null = null;
  let resolveOpened = () => {};
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  const carrierOptions: CarrierOptions = {
    authToken: 'secret',
    publicUrl: 'https://bot.example.org',
    connectTo: { host: '127.0.0.1', port: (http.address() as AddressInfo).port },
    clock,
    openSocket: (address, events) => {
      const made: FakeSocket = { address, events, sent: [], closedWith: null };
      socket = made;
      queueMicrotask(() => {
        events.opened();
        resolveOpened();
      });
      const gone = (end: Parameters<StreamSocketEvents['closed']>[0]) => {
        events.closed(end);
        events.released();
      };
      return {
        bufferedBytes: 0,
        send: (message) => made.sent.push(message),
        close: (code) => {
          made.closedWith = code;
          gone({ kind: 'closed', closeCode: code });
        },
        break: () => gone({ kind: 'broken', protocolError: false }),
        stopReading: () => {},
      };
    },
  };
  const current = () => {
    if (socket === null) throw new Error('Expected an open stream, received none');
    return socket;
  };
  const received = () => current().sent.map((message) => JSON.parse(String(message)) as Received);
  return {
    clock,
    carrierOptions,
    opened,
    socket: current,
    received,
    /** The sid that `start` carries, or will carry: read from the wire, or from the address where start is held back. */
    streamSid: () => received().find((message) => message.event === 'start')?.start?.streamSid ?? '',
    /** A text message from the server to the carrier; null for a binary one. */
    send: (text: string | null) => current().events.received(text),
    /** The server closes the stream; with no verb left, the call ends. */
    close: async () => {
      current().events.closed({ kind: 'closed', closeCode: 1000 });
      clock.advanceMs(1000);
      current().events.released();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
