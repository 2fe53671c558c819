import { describe, expect, it } from 'vitest';
import { RECEIVED } from '../../../src/audio/addon-types.ts';
import { TwilioTransport } from '../../../src/media/twilio-transport.ts';
import {
  CALL_SID,
  carrierSays,
  FakeReceiver,
  FakeSocket,
  promptOf,
  STREAM_SID,
  wireMessage,
} from '../../support/media-fakes.ts';

const OTHER_SID = `MZ${'9'.repeat(32)}`;

function transportOf() {
  const socket = new FakeSocket();
  const receiver = new FakeReceiver();
  const transport = new TwilioTransport(socket, receiver);
  const read = (message: ArrayBuffer, isBinary = false) => transport.readEvent(message, isBinary, -100);
  return { socket, receiver, transport, read };
}

function started() {
  const one = transportOf();
  one.read(carrierSays.start());
  return one;
}

describe('twilio transport: what comes in', () => {
  it('hands media to the receiver with the level of what we play', () => {
    const { transport, receiver } = started();
    expect(transport.receive(carrierSays.media(), false, -23)).toBe(RECEIVED.media);
    expect(receiver.playoutDbfs).toEqual([-23]);
  });

  it('reads the start and binds the receiver to its stream', () => {
    const { read, receiver } = transportOf();
    const event = read(carrierSays.start());
    expect(event).toMatchObject({ kind: 'start', start: { callSid: CALL_SID, streamSid: STREAM_SID } });
    expect(event.kind === 'start' && event.start.customParameters.get('lane')).toBe('a');
    expect(receiver.streamSid).toBe(STREAM_SID);
  });

  it('stays with the first start when a second names another stream', () => {
    const { read, receiver, transport, socket } = started();
    read(carrierSays.start(OTHER_SID));
    transport.sendClear();
    expect(receiver.streamSid).toBe(STREAM_SID);
    expect(socket.sent.join()).not.toContain(OTHER_SID);
  });

  it('refuses a start whose audio is not mu-law at 8 kHz', () => {
    const { read } = transportOf();
    const start = Buffer.from(carrierSays.start())
      .toString()
      .replace('"sampleRate":8000', '"sampleRate":16000');
    expect(read(wireMessage(start)).kind).toBe('refused');
  });

  it('reads marks, digits and stop', () => {
    const { read } = started();
    expect(read(carrierSays.mark('g0.1'))).toEqual({ kind: 'mark', name: 'g0.1' });
    expect(read(carrierSays.digit('#'))).toEqual({ kind: 'digit', digit: '#' });
    expect(read(carrierSays.stop())).toEqual({ kind: 'stop' });
  });

  it('ignores and counts what is not of this stream, unknown, malformed or binary', () => {
    const { read, transport } = started();
    const ignored = [
      { event: 'mark', streamSid: OTHER_SID, mark: { name: 'g0.1' } },
      { event: 'stop', streamSid: OTHER_SID },
      { event: 'applause', streamSid: STREAM_SID },
      'not json',
      '[1,2]',
      'null',
      { event: 'dtmf', streamSid: STREAM_SID, dtmf: { digit: 'E' } },
      { event: 'dtmf', streamSid: STREAM_SID, dtmf: 'wrong' },
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    ].map((fields) => read(wireMessage(fields)).kind);
    expect(new Set(ignored)).toEqual(new Set(['nothing']));
    expect(transport.receive(carrierSays.media(), true, -100)).toBe(0);
    read(carrierSays.media(), true);
    expect(transport.counters()).toEqual({ wrongType: 1, malformed: 6, unknownEvents: 1, foreign: 2 });
  });

  it('ignores marks, digits and stop before the start', () => {
    const { read, transport } = transportOf();
    expect([read(carrierSays.mark('g0.1')).kind, read(carrierSays.stop()).kind]).toEqual([
      'nothing',
      'nothing',
    ]);
    expect(transport.counters().foreign).toBe(2);
  });

  it('takes inbound media that only the full parser can read', () => {
    const { read, receiver } = started();
    const media = (payload: string, track: string) =>
      wireMessage({ streamSid: STREAM_SID, media: { payload, track }, event: 'media' });
    expect(read(media('/////w==', 'inbound'))).toEqual({ kind: 'audio', found: RECEIVED.media });
    expect(read(media('/////w==', 'outbound')).kind).toBe('nothing');
    expect(read(media('###', 'inbound')).kind).toBe('nothing');
    expect(receiver.counters().mediaMessages).toBe(1);
  });
});

describe('twilio transport: what goes out', () => {
  it('sends exactly the documented fields', () => {
    const { transport, socket } = started();
    const { wire } = promptOf('a', 60);
    transport.sendAudio(wire, 0, 640);
    transport.sendMark('g0.1');
    transport.sendClear();
    expect(socket.sent.map((text) => JSON.parse(text))).toEqual([
      { event: 'media', streamSid: STREAM_SID, media: { payload: Buffer.from(wire).toString('latin1') } },
      { event: 'mark', streamSid: STREAM_SID, mark: { name: 'g0.1' } },
      { event: 'clear', streamSid: STREAM_SID },
    ]);
  });

  it('sends nothing before the start and nothing after the close', () => {
    const { transport, socket, read } = transportOf();
    expect([transport.sendMark('g0.1'), transport.sendClear()]).toEqual([2, 2]);
    read(carrierSays.start());
    transport.close(1000, 'completed', 'completed');
    transport.close(1000, 'completed', 'completed');
    transport.ping();
    expect([transport.sendMark('g0.1'), transport.bufferedBytes()]).toEqual([2, 0]);
    expect(socket.sent).toEqual([]);
  });

  it('cuts a socket whose close was not answered, once, and never one that is closed', () => {
    const { transport, socket } = started();
    transport.close(1000, 'completed', 'completed');
    transport.terminate();
    transport.terminate();
    expect(socket.cut).toBe(true);
    const other = started();
    other.transport.socketClosed();
    other.transport.terminate();
    other.transport.close(1000, 'completed', 'completed');
    expect([other.socket.cut, other.socket.closeCode]).toEqual([false, null]);
  });
});
