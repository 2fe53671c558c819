/**
 * G.711 and base64 from JavaScript into a caller's buffer, against a copy of the same bytes, the best table loop that
 * JavaScript can do, and npm's alawmulaw. Sixteen buffers in turn: with one, the compiler bakes its address into a
 * JavaScript loop, which no caller sees.
 */
import alawmulaw from 'alawmulaw';
import { addon } from '../../src/audio/addon.ts';
import { measure, type Timing } from './measure.ts';

const BUFFERS = 16;
export const SIZES = [160, 4096, 1 << 20] as const;

/** Constants of the module, so that the compiler knows their length and leaves out what it can. */
const DECODING = new Int16Array(256);
const ENCODING = new Uint8Array(65_536);
addon.mulawDecode(
  Uint8Array.from({ length: 256 }, (_, code) => code),
  DECODING,
);
addon.mulawEncode(
  Int16Array.from({ length: 65_536 }, (_, sample) => sample),
  ENCODING,
);

interface Buffers {
  readonly codes: readonly Uint8Array[];
  readonly samples: readonly Int16Array[];
}

function createBuffers(count: number): Buffers {
  // A million samples in sixteen buffers would measure memory and not the code.
  const buffers = count > 100_000 ? 1 : BUFFERS;
  return {
    codes: Array.from({ length: buffers }, (_, at) =>
      Uint8Array.from({ length: count }, (_, index) => (index * 37 + at * 11) ^ (index >> 3)),
    ),
    samples: Array.from({ length: buffers }, (_, at) =>
      Int16Array.from({ length: count }, (_, index) => Math.imul(index + at, 40_503)),
    ),
  };
}

function tableDecode(input: Uint8Array, output: Int16Array): number {
  const count = input.length;
  let at = 0;
  for (; at + 8 <= count; at += 8) {
    output[at] = DECODING[input[at]!]!;
    output[at + 1] = DECODING[input[at + 1]!]!;
    output[at + 2] = DECODING[input[at + 2]!]!;
    output[at + 3] = DECODING[input[at + 3]!]!;
    output[at + 4] = DECODING[input[at + 4]!]!;
    output[at + 5] = DECODING[input[at + 5]!]!;
    output[at + 6] = DECODING[input[at + 6]!]!;
    output[at + 7] = DECODING[input[at + 7]!]!;
  }
  for (; at < count; at++) output[at] = DECODING[input[at]!]!;
  return count;
}

function tableEncode(input: Int16Array, output: Uint8Array): number {
  const count = input.length;
  let at = 0;
  for (; at + 8 <= count; at += 8) {
    output[at] = ENCODING[input[at]! & 0xffff]!;
    output[at + 1] = ENCODING[input[at + 1]! & 0xffff]!;
    output[at + 2] = ENCODING[input[at + 2]! & 0xffff]!;
    output[at + 3] = ENCODING[input[at + 3]! & 0xffff]!;
    output[at + 4] = ENCODING[input[at + 4]! & 0xffff]!;
    output[at + 5] = ENCODING[input[at + 5]! & 0xffff]!;
    output[at + 6] = ENCODING[input[at + 6]! & 0xffff]!;
    output[at + 7] = ENCODING[input[at + 7]! & 0xffff]!;
  }
  for (; at < count; at++) output[at] = ENCODING[input[at]! & 0xffff]!;
  return count;
}

export function measureJavaScript(): Timing[] {
  return SIZES.flatMap((count) => {
    const { codes, samples } = createBuffers(count);
    const last = codes.length - 1;
    const toSamples = codes.map(() => new Int16Array(count));
    const toCodes = codes.map(() => new Uint8Array(count));
    const whole = codes.map((each) => new Uint8Array(each.length * 3));
    const copies = codes.map((each) => new Uint8Array(each.length * 3));
    return [
      measure('decode, best JavaScript table', count, (turn) =>
        tableDecode(codes[turn & last]!, toSamples[turn & last]!),
      ),
      measure('encode, best JavaScript table', count, (turn) =>
        tableEncode(samples[turn & last]!, toCodes[turn & last]!),
      ),
      measure('decode, alawmulaw', count, (turn) => alawmulaw.mulaw.decode(codes[turn & last]!)),
      measure('encode, alawmulaw', count, (turn) => alawmulaw.mulaw.encode(samples[turn & last]!)),
      // Decoding reads one byte and writes two for each sample, encoding the other way: a copy of 1.5 bytes moves as many.
      measure('copy of the same bytes', count, (turn) =>
        copies[turn & last]!.set(whole[turn & last]!.subarray(0, count * 1.5)),
      ),
    ];
  });
}

export function measureG711(): Timing[] {
  return SIZES.flatMap((count) => {
    const { codes, samples } = createBuffers(count);
    const last = codes.length - 1;
    const toSamples = codes.map(() => new Int16Array(count));
    const toCodes = codes.map(() => new Uint8Array(count));
    const texts = codes.map((each) => Buffer.from(Buffer.from(each).toString('base64'), 'latin1'));
    const toText = texts.map((each) => new Uint8Array(each.length));
    const toBytes = texts.map((each) => new Uint8Array((each.length / 4) * 3));
    return [
      measure('mu-law decode', count, (turn) =>
        addon.mulawDecode(codes[turn & last]!, toSamples[turn & last]!),
      ),
      measure('mu-law encode', count, (turn) =>
        addon.mulawEncode(samples[turn & last]!, toCodes[turn & last]!),
      ),
      measure('A-law decode', count, (turn) =>
        addon.alawDecode(codes[turn & last]!, toSamples[turn & last]!),
      ),
      measure('A-law encode', count, (turn) =>
        addon.alawEncode(samples[turn & last]!, toCodes[turn & last]!),
      ),
      measure('base64 encode', count, (turn) =>
        addon.base64Encode(codes[turn & last]!, toText[turn & last]!),
      ),
      measure('base64 decode', count, (turn) =>
        addon.base64Decode(texts[turn & last]!, toBytes[turn & last]!),
      ),
    ];
  });
}
