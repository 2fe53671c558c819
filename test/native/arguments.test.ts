import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import type { NativeStreamReceiver } from '../../src/audio/addon-types.ts';

/** Calls with arguments that the types would not allow. */
const call = (owner: object, method: string, ...values: unknown[]): unknown =>
  (owner as Record<string, (...values: unknown[]) => unknown>)[method]!(...values);

const detached = <T extends Uint8Array | Int16Array>(array: T): T => {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
};

describe('codec functions', () => {
  const bytes = new Uint8Array(8);
  const samples = new Int16Array(8);

  it.each([
    ['mulawDecode', samples, samples, TypeError, 'input'],
    ['mulawDecode', bytes, bytes, TypeError, 'output'],
    ['mulawEncode', bytes, bytes, TypeError, 'input'],
    ['alawDecode', undefined, samples, TypeError, 'input'],
    ['alawEncode', samples, null, TypeError, 'output'],
    ['base64Encode', 'text', bytes, TypeError, 'input'],
    ['base64Decode', bytes, [1], TypeError, 'output'],
    ['mulawDecode', bytes, new Int16Array(7), RangeError, 'output'],
    ['alawEncode', samples, new Uint8Array(7), RangeError, 'output'],
    ['base64Encode', bytes, new Uint8Array(11), RangeError, 'output'],
    ['base64Decode', bytes, new Uint8Array(5), RangeError, 'output'],
  ])('%s(%o, %o) names the argument', (method, input, output, kind, name) => {
    const run = (): unknown => call(addon, method, input, output);
    expect(run).toThrow(kind);
    expect(run).toThrow(new RegExp(`Expected .* for ${name}, received `));
  });

  it('write no byte where they refuse', () => {
    const output = new Int16Array(7).fill(99);
    expect(() => addon.mulawDecode(bytes, output)).toThrow(RangeError);
    expect([...output]).toEqual(Array(7).fill(99));
  });

  it('refuse detached buffers and overlapping memory', () => {
    expect(() => addon.mulawDecode(detached(new Uint8Array(8)), samples)).toThrow(/detached/);
    expect(() => addon.mulawDecode(bytes, detached(new Int16Array(8)))).toThrow(TypeError);
    const shared = new ArrayBuffer(16);
    expect(() => addon.mulawDecode(new Uint8Array(shared, 0, 8), new Int16Array(shared))).toThrow(RangeError);
  });

  it('work over shared memory', () => {
    const output = new Int16Array(new SharedArrayBuffer(16));
    expect(addon.mulawDecode(new Uint8Array(8).fill(0x80), output)).toBe(8);
    expect(output[7]).toBe(32_124);
  });
});

describe('Resampler', () => {
  const Loose = addon.Resampler as unknown as new (...values: unknown[]) => object;

  it.each([
    ['fromHz', 8001, 16_000, RangeError],
    ['toHz', 8000, 0, RangeError],
    ['toHz', 8000, Number.NaN, RangeError],
    ['fromHz', '8000', 16_000, TypeError],
    ['toHz', 8000, undefined, TypeError],
  ])('refuses a wrong %s', (name, fromHz, toHz, kind) => {
    expect(() => new Loose(fromHz, toHz)).toThrow(kind);
    expect(() => new Loose(fromHz, toHz)).toThrow(name);
  });

  it('refuses arrays that are wrong or too small, and goes on as if not called', () => {
    const resampler = new addon.Resampler(8000, 16_000);
    const fresh = new addon.Resampler(8000, 16_000);
    const input = Int16Array.from({ length: 160 }, (_, at) => at * 10);
    expect(() => resampler.process(input, new Int16Array(319))).toThrow(/at least 320 elements for output/);
    expect(() => resampler.flush(new Int16Array(47))).toThrow(RangeError);
    expect(() => call(resampler, 'process', new Uint8Array(4), new Int16Array(400))).toThrow(/input/);
    expect(() => call(resampler, 'maxOutputSamples', -1)).toThrow(RangeError);
    const [one, other] = [new Int16Array(320), new Int16Array(320)];
    resampler.process(input, one);
    fresh.process(input, other);
    expect(one).toEqual(other);
  });

  it('cannot be called on another object, nor without new', () => {
    const { process } = addon.Resampler.prototype as { process: () => unknown };
    const receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
    expect(() => process.call(receiver as never)).toThrow(TypeError);
    expect(() => process.call({} as never)).toThrow(TypeError);
    expect(() => call(addon, 'Resampler', 8000, 16_000)).toThrow(TypeError);
    receiver.close();
  });
});

/** Settings of `listen` that are right but for `wrong`. */
const listening = (wrong: object): object => ({
  endOfSpeechMs: 500,
  maxUtteranceMs: 5000,
  provisionalMs: 0,
  chunkMs: 0,
  ...wrong,
});

describe('StreamReceiver', () => {
  let receiver: NativeStreamReceiver;
  beforeEach(() => {
    receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
  });
  afterEach(() => receiver.close());

  it.each([
    [undefined, TypeError, 'format'],
    [{ codec: 'opus', sampleRateHz: 8000 }, TypeError, 'format.codec'],
    [{ codec: 'mulaw', sampleRateHz: 16_000 }, RangeError, 'format.sampleRateHz'],
    [{ codec: 'pcm16', sampleRateHz: 9000 }, RangeError, 'format.sampleRateHz'],
    [{ codec: 'pcm16' }, TypeError, 'format.sampleRateHz'],
  ])('refuses the format %o', (format, kind, name) => {
    const Loose = addon.StreamReceiver as unknown as new (format: unknown) => object;
    expect(() => new Loose(format)).toThrow(kind);
    expect(() => new Loose(format)).toThrow(name);
  });

  it.each([
    ['receive', ['text', -100], TypeError, 'message'],
    ['receive', [new Uint8Array(4), -100], TypeError, 'message'],
    ['receive', [new ArrayBuffer(4)], TypeError, 'playoutDbfs'],
    ['receive', [new ArrayBuffer(4), Number.NaN], TypeError, 'playoutDbfs'],
    ['receiveAudio', [new Int16Array(2), -100], TypeError, 'payload'],
    ['copyReceived', [new Int16Array(4), 0, 0], TypeError, 'output'],
    ['copyReceived', [new Uint8Array(4), 5, 0], RangeError, 'at'],
    ['copyReceived', [new Uint8Array(4), 0.5, 0], RangeError, 'at'],
    ['copyReceived', [new Uint8Array(4), 0, -1], RangeError, 'from'],
    ['copyReceived', [new Uint8Array(4), 0], TypeError, 'from'],
    ['setStreamSid', [5], TypeError, 'streamSid'],
    ['setStreamSid', [''], RangeError, 'streamSid'],
    ['setStreamSid', ['x'.repeat(129)], RangeError, 'streamSid'],
    ['listen', [], TypeError, 'settings'],
    ['listen', [{ endOfSpeechMs: 99, maxUtteranceMs: 500 }], RangeError, 'settings.endOfSpeechMs'],
    ['listen', [{ endOfSpeechMs: 500, maxUtteranceMs: 60_001 }], RangeError, 'settings.maxUtteranceMs'],
    ['listen', [{ endOfSpeechMs: 500 }], TypeError, 'settings.maxUtteranceMs'],
    ['listen', [listening({ provisionalMs: 99 })], RangeError, 'settings.provisionalMs'],
    ['listen', [listening({ provisionalMs: 5001 })], RangeError, 'settings.provisionalMs'],
    ['listen', [listening({ provisionalMs: -0.5 })], RangeError, 'settings.provisionalMs'],
    ['listen', [listening({ provisionalMs: undefined })], TypeError, 'settings.provisionalMs'],
    ['listen', [listening({ chunkMs: 19 })], RangeError, 'settings.chunkMs'],
    ['listen', [listening({ chunkMs: 1001 })], RangeError, 'settings.chunkMs'],
    ['listen', [listening({ chunkMs: '60' })], TypeError, 'settings.chunkMs'],
    ['copySpeech', [], TypeError, 'fromSamples'],
    ['copySpeech', [-1], RangeError, 'fromSamples'],
    ['copySpeech', [0.5], RangeError, 'fromSamples'],
    ['armNoInput', [0], RangeError, 'noInputMs'],
    ['armNoInput', [1.5], RangeError, 'noInputMs'],
  ])('%s(%o) names the argument', (method, values, kind, name) => {
    expect(() => call(receiver, method, ...values)).toThrow(kind);
    expect(() => call(receiver, method, ...values)).toThrow(`for ${name}, received`);
  });

  it('refuses a detached message', () => {
    const message = new ArrayBuffer(8);
    structuredClone(message, { transfer: [message] });
    expect(() => receiver.receive(message, -100)).toThrow(/detached/);
    expect(receiver.receive(new ArrayBuffer(0), -100)).toBe(0);
  });
});
