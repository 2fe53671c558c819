import { expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import { createRandom } from '../support/signals.ts';

const GUARD = 0xa5;
const random = createRandom(64);
const source = Uint8Array.from({ length: 400 }, () => random() * 256);

/** `length` bytes of `offset` into fresh memory with guards on both sides. */
function guarded(length: number, offset: number): { whole: Uint8Array; part: Uint8Array } {
  const whole = new Uint8Array(length + 64).fill(GUARD);
  return { whole, part: whole.subarray(32 + offset, 32 + offset + length) };
}

function expectGuards(whole: Uint8Array, part: Uint8Array): void {
  const start = part.byteOffset;
  const around = [...whole.subarray(0, start), ...whole.subarray(start + part.length)];
  expect(around.every((byte) => byte === GUARD)).toBe(true);
}

it('encodes as Buffer does, for lengths 0 to 300 at all alignments, and writes nowhere else', () => {
  for (let length = 0; length <= 300; length++) {
    const offset = length % 16;
    const input = source.subarray(offset, offset + length);
    const { whole, part } = guarded(4 * Math.ceil(length / 3), offset);
    expect(addon.base64Encode(input, part)).toBe(part.length);
    expect(Buffer.from(part).toString('latin1')).toBe(Buffer.from(input).toString('base64'));
    expectGuards(whole, part);
  }
});

it('decodes what Buffer encoded, for lengths 0 to 300 at all alignments, and writes nowhere else', () => {
  for (let length = 0; length <= 300; length++) {
    const offset = length % 16;
    const input = source.subarray(offset, offset + length);
    const text = Buffer.from(Buffer.from(input).toString('base64'), 'latin1');
    const { whole, part } = guarded((text.length / 4) * 3, offset);
    expect(addon.base64Decode(text, part)).toBe(length);
    expect(Buffer.compare(part.subarray(0, length), input)).toBe(0);
    expectGuards(whole, part);
  }
});

it.each([
  ['no padding', 'YQ'],
  ['one sign of padding where two belong', 'YQ='],
  ['padding alone', '===='],
  ['padding before the end', 'YQ==YWFh'],
  ['unused bits that are set', 'YR=='],
  ['a space', 'YW Fh'],
  ['a line break', 'YWFh\nYWF'],
  ['the URL alphabet', 'YW-_'],
  ['three signs of padding', 'Y==='],
  ['a letter after padding', 'YW=h'],
])('refuses %s', (_, text) => {
  expect(addon.base64Decode(Buffer.from(text, 'latin1'), new Uint8Array(300))).toBe(-1);
});

it('refuses every byte outside the alphabet, at every place of a long text', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const output = new Uint8Array(300);
  for (let byte = 0; byte < 256; byte++) {
    const text = Buffer.alloc(132, 'A');
    text[(byte * 7) % 128] = byte;
    const isValid = alphabet.includes(String.fromCharCode(byte));
    expect(addon.base64Decode(text, output)).toBe(isValid ? 99 : -1);
  }
});
