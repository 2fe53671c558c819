import { describe, expect, it } from 'vitest';
import { RECEIVED } from '../../../src/audio/addon-types.ts';
import { BrowserTransport } from '../../../src/media/browser-transport.ts';
import type { CarrierSocket } from '../../../src/media/carrier-socket.ts';
import { CALL_SID, FakeReceiver, STREAM_SID, wireMessage } from '../../support/media-fakes.ts';

class PageEnd implements CarrierSocket {
  readonly sent: (Record<string, unknown> | Uint8Array)[] = [];
  closed: readonly [code: number, reason: string] | null = null;

  send(message: Uint8Array, isBinary: boolean): number {
    this.sent.push(isBinary ? Uint8Array.from(message) : JSON.parse(Buffer.from(message).toString()));
    return 1;
  }

  getBufferedAmount(): number {
    return 0;
  }

  ping(): void {}

  end(code: number, reason: string): void {
    this.closed = [code, reason];
  }

  close(): void {}
}

function transportUnderTest() {
  const socket = new PageEnd();
  const receiver = new FakeReceiver();
  const of = { socket, receiver, callSid: CALL_SID, streamSid: STREAM_SID, sampleRateHz: 48_000 } as const;
  const transport = new BrowserTransport(of);
  const read = (fields: unknown) => transport.readEvent(wireMessage(fields), false);
  return { socket, receiver, transport, read };
}

function started() {
  const under = transportUnderTest();
  under.read({ event: 'start', sampleRateHz: 48_000 });
  under.socket.sent.length = 0;
  return under;
}

const FRAME = new ArrayBuffer(1920);

describe('a browser transport', () => {
  it('begins with the start, under the names that the server gave', () => {
    const { read, socket } = transportUnderTest();
    expect(read({ event: 'start', sampleRateHz: 48_000 })).toMatchObject({
      kind: 'start',
      start: { callSid: CALL_SID, streamSid: STREAM_SID, accountSid: '' },
    });
    expect(socket.sent).toEqual([{ event: 'started', callSid: CALL_SID, streamSid: STREAM_SID }]);
  });

  it('hands audio to the receiver as it came, and only after the start', () => {
    const early = transportUnderTest();
    expect(early.transport.receive(FRAME, true, -100)).toBe(0);
    expect(early.transport.readEvent(FRAME, true).kind).toBe('refused');
    const { transport, receiver } = started();
    receiver.finds(RECEIVED.speechStarted);
    expect(transport.receive(FRAME, true, -30)).toBe(RECEIVED.media | RECEIVED.speechStarted);
    expect(receiver.playoutDbfs).toEqual([-30]);
  });

  it.each([
    ['half a sample', 961],
    ['nothing', 0],
    ['more than 100 ms', 9602],
  ])('refuses %s', (_title, bytes) => {
    const { transport, receiver } = started();
    expect(transport.receive(new ArrayBuffer(bytes), true, -100)).toBe(0);
    expect(transport.readEvent(new ArrayBuffer(bytes), true).kind).toBe('refused');
    expect(receiver.playoutDbfs).toEqual([]);
  });

  it('sends a part of a prompt as binary, bytes as they are', () => {
    const { transport, socket } = started();
    transport.sendAudio(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, 6);
    transport.sendMark('g0.1');
    transport.sendClear();
    expect(socket.sent).toEqual([
      Uint8Array.of(3, 4, 5, 6),
      { event: 'mark', name: 'g0.1' },
      { event: 'clear' },
    ]);
  });

  it('shows what was heard and what it was taken for', () => {
    const { transport, socket } = started();
    transport.noted({ kind: 'bot said', text: 'Ready?', nodeId: 'first' });
    transport.noted({ kind: 'caller said', text: 'yep', how: 'speech', answer: 'true', nodeId: 'first' });
    transport.noted({ kind: 'caller said', text: 'hm', how: 'speech', answer: null, nodeId: 'second' });
    transport.noted({ kind: 'no match', nodeId: 'second' });
    transport.noted({ kind: 'no input', nodeId: 'second' });
    transport.noted({ kind: 'interrupted' });
    transport.noted({ kind: 'recognizer failed', nodeId: 'second' });
    expect(socket.sent).toEqual([
      { event: 'note', kind: 'question', node: 'first', text: 'Ready?' },
      { event: 'note', kind: 'heard', text: 'yep' },
      { event: 'note', kind: 'answer', node: 'first', value: 'true' },
      { event: 'note', kind: 'heard', text: 'hm' },
      { event: 'note', kind: 'no-match' },
      { event: 'note', kind: 'no-input' },
      { event: 'note', kind: 'interrupted' },
      { event: 'note', kind: 'vendor' },
    ]);
  });

  it('says how the call ended just before the close, and nothing after it', () => {
    const { transport, socket } = started();
    transport.noted({ kind: 'decided', outcome: 'both', answers: { first: true, age: 7 } });
    transport.close(1000, 'completed', 'completed');
    transport.close(1000, 'completed', 'completed');
    transport.sendMark('g0.2');
    const answers = [
      { node: 'first', value: 'true' },
      { node: 'age', value: '7' },
    ];
    expect(socket.sent).toEqual([{ event: 'ended', reason: 'completed', outcome: 'both', answers }]);
    expect(socket.closed).toEqual([1000, 'completed']);
  });

  it('tells a page what it did wrong by the close', () => {
    const { transport, socket } = started();
    transport.close(1008, 'protocol violation', 'Expected one start, received a second');
    expect(socket.sent).toEqual([
      { event: 'ended', reason: 'protocol violation', outcome: null, answers: [] },
    ]);
    expect(socket.closed).toEqual([1008, 'Expected one start, received a second']);
  });
});
