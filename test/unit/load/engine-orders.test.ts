/** The lines that the caller engine is handed: what they hold, and what never gets into one. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StreamCall } from '../../../src/load/caller-engine.ts';
import { engineOrders } from '../../../src/load/engine-orders.ts';

const CALL: StreamCall = {
  id: 7,
  host: '127.0.0.1',
  port: 8080,
  path: '/ws',
  headers: { Host: 'bot.example.org' },
  accountSid: 'AC1',
  callSid: 'CA1',
  streamSid: 'MZ1',
  parameters: { note: 'tab\tand\nline' },
  turnSilenceMs: 350,
  steps: [
    { kind: 'say', clipId: 2, thinkMs: 100.4 },
    { kind: 'press', digits: '1#', thinkMs: 0 },
    { kind: 'barge', clipId: 2, afterMs: 900 },
    { kind: 'hang-up', afterMs: 5 },
  ],
};

describe('a call', () => {
  it('is one line, with the upgrade and the start message as they go out', () => {
    const line = engineOrders.call(CALL);
    expect(line.endsWith('\n')).toBe(true);
    const [kind, id, host, port, request, accept, start, ...rest] = line.slice(0, -1).split('\t');
    expect([kind, id, host, port]).toEqual(['call', '7', '127.0.0.1', '8080']);
    const head = request?.split('\x1e') ?? [];
    expect(head.slice(0, 2)).toEqual(['GET /ws HTTP/1.1', 'Host: bot.example.org']);
    expect(head.slice(-2)).toEqual(['', '']);
    const key = head.find((header) => header.startsWith('Sec-WebSocket-Key: '))?.slice(19);
    const hash = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    expect(accept).toBe(hash.digest('base64'));
    expect(JSON.parse(start ?? '')).toMatchObject({
      event: 'start',
      sequenceNumber: '1',
      start: { customParameters: CALL.parameters },
    });
    const steps = ['say:2:100', 'press:1#:0', 'barge:2:900', 'hang-up::5'];
    expect(rest).toEqual(['AC1', 'CA1', 'MZ1', '350', ...steps]);
  });

  it('has a key of its own', () => {
    expect(engineOrders.call(CALL)).not.toBe(engineOrders.call(CALL));
  });

  it.each<[string, Partial<StreamCall>, RegExp]>([
    ['a path with an end of line', { path: '/a\nend' }, /end of line/],
    ['a header with the sign for one', { headers: { Host: 'a\x1eb' } }, /printable/],
    ['a streamSid that would end a string', { streamSid: 'MZ"' }, /letters and digits for streamSid/],
    ['a time before zero', { steps: [{ kind: 'hang-up', afterMs: -1 }] }, /afterMs, received -1/],
    ['no number', { turnSilenceMs: Number.NaN }, /turnSilenceMs, received NaN/],
    ['keys that no telephone has', { steps: [{ kind: 'press', digits: 'x', thinkMs: 0 }] }, /digits/],
    ['no keys', { steps: [{ kind: 'press', digits: '', thinkMs: 0 }] }, /digits/],
    ['parameters beyond one message', { parameters: { a: 'x'.repeat(50_000) } }, /parameters/],
  ])('with %s is refused', (_, wrong, why) => {
    expect(() => engineOrders.call({ ...CALL, ...wrong })).toThrow(why);
  });
});

describe('a clip', () => {
  const mulaw = new Uint8Array(480).fill(0x20);

  it('names the frames that hold its first and its last sound', () => {
    const fields = (onsetMs: number, offsetMs: number) =>
      engineOrders.clip({ id: 1, mulaw, onsetMs, offsetMs }).split('\t').slice(0, 4);
    expect(fields(0, 60)).toEqual(['clip', '1', '0', '2']);
    expect(fields(25, 40)).toEqual(['clip', '1', '1', '1']);
    expect(fields(20, 40.1)).toEqual(['clip', '1', '1', '2']);
  });

  it('is base64 frame by frame, also out of the middle of a buffer', () => {
    const whole = Uint8Array.from({ length: 480 }, (_, at) => at);
    const frames = engineOrders.line(whole.subarray(160)).slice('line\t'.length, -1);
    expect(frames.length).toBe(2 * 216);
    expect(Buffer.from(frames.slice(216), 'base64')).toEqual(Buffer.from(whole.subarray(320)));
  });

  it('that is not of whole frames, or silent, is refused', () => {
    expect(() => engineOrders.line(new Uint8Array(161))).toThrow(/whole frames/);
    expect(() => engineOrders.line(new Uint8Array(0))).toThrow(/whole frames/);
    expect(() => engineOrders.clip({ id: 1, mulaw, onsetMs: 20, offsetMs: 61 })).toThrow(/onsetMs/);
    expect(() => engineOrders.clip({ id: 1, mulaw, onsetMs: 20, offsetMs: 20 })).toThrow(/onsetMs/);
  });
});
