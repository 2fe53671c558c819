import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWav, readWav, writeWav } from '../../../src/audio/wav.ts';
import { ProtocolError } from '../../../src/errors.ts';

interface Shape {
  readonly tag?: number;
  readonly channels?: number;
  readonly rateHz?: number;
  readonly bits?: number;
  readonly audio?: Buffer;
  readonly dataBytes?: number;
  readonly riffBytes?: number;
  readonly before?: readonly Buffer[];
  readonly fmtTail?: Buffer;
}

function chunk(name: string, body: Buffer, declaredBytes = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(declaredBytes, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function wavOf(shape: Shape = {}): Buffer {
  const { tag = 1, channels = 1, rateHz = 8000, bits = 16, audio = Buffer.from([1, 0, 255, 255]) } = shape;
  const format = Buffer.alloc(16);
  format.writeUInt16LE(tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rateHz, 4);
  format.writeUInt16LE(bits, 14);
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    ...(shape.before ?? []),
    chunk('fmt ', Buffer.concat([format, shape.fmtTail ?? Buffer.alloc(0)])),
    chunk('data', audio, shape.dataBytes ?? audio.length),
  ]);
  return chunk('RIFF', body, shape.riffBytes ?? body.length);
}

const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

describe('reads', () => {
  it.each<[string, Shape, number[]]>([
    ['16-bit PCM', {}, [1, -1]],
    ['8-bit PCM', { bits: 8, audio: Buffer.from([0, 128, 255]) }, [-32_768, 0, 32_512]],
    ['mu-law', { tag: 7, bits: 8, audio: Buffer.from([0xff, 0x80, 0x00]) }, [0, 32_124, -32_124]],
    ['A-law', { tag: 6, bits: 8, audio: Buffer.from([0xd5, 0x55]) }, [8, -8]],
    [
      'float, saturated, without NaN',
      { tag: 3, bits: 32, audio: floats(0.5, -1, 2, Number.NaN) },
      [16_384, -32_768, 32_767, 0],
    ],
    ['the size of a stream, 0xFFFFFFFF', { dataBytes: 0xffffffff, riffBytes: 0xffffffff }, [1, -1]],
    ['the size of a stream, 0', { dataBytes: 0, riffBytes: 0 }, [1, -1]],
    ['a file that was cut', { dataBytes: 1000 }, [1, -1]],
    ['half a sample at the end', { audio: Buffer.from([1, 0, 9]) }, [1]],
    ['chunks around the audio, of odd size too', { before: [chunk('LIST', Buffer.from('abc'))] }, [1, -1]],
    [
      'the extensible form',
      { tag: 0xfffe, fmtTail: Buffer.from([22, 0, 16, 0, 4, 0, 0, 0, 1, 0, ...Array(14).fill(0)]) },
      [1, -1],
    ],
  ])('%s', (_, shape, samples) => {
    const reading = parseWav(wavOf(shape));
    expect(reading.ok && [...reading.audio.samples]).toEqual(samples);
  });

  it('bytes at any place of a larger buffer', () => {
    const file = wavOf();
    const larger = Buffer.concat([Buffer.alloc(3), file]);
    expect(parseWav(larger.subarray(3))).toEqual(parseWav(file));
  });
});

describe('refuses, and says what it expected', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['stereo', wavOf({ channels: 2 }), /mono.*2 channels/],
    ['a rate that nobody uses', wavOf({ rateHz: 9999 }), /8000.*received 9999 Hz/],
    ['24 bits', wavOf({ bits: 24 }), /format 1 of 24 bits/],
    ['nothing', new Uint8Array(), /received nothing/],
    ['an MP3', Buffer.from('ID3\x04aaaaaaaaaaaaaa', 'latin1'), /WAV/],
    ['an answer in JSON', Buffer.from('{"detail":"quota"}'), /begin with "\{"de"/],
    ['no data chunk', wavOf().subarray(0, 36), /data chunk/],
    ['a broken fmt chunk', wavOf().subarray(0, 30), /fmt chunk/],
  ])('%s', (_, bytes, reason) => {
    const reading = parseWav(bytes);
    expect(reading.ok ? 'taken' : reading.reason).toMatch(reason);
    expect(() => readWav(bytes)).toThrow(ProtocolError);
  });

  it('never by throwing, whatever the bytes are', () => {
    const file = wavOf();
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length), (at, byte, length) => {
        const broken = Buffer.from(file);
        broken[at] = byte;
        parseWav(broken.subarray(0, length));
      }),
    );
  });
});

it('reads what it wrote', () => {
  const audio = { samples: Int16Array.from([0, 1, -1, 32_767, -32_768]), sampleRateHz: 22_050 as const };
  expect(readWav(writeWav(audio))).toEqual(audio);
});
