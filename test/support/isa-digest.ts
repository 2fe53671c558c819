/**
 * Prints one line: the active ISA and a digest of what every kernel makes of the same inputs. A process of its own for
 * each ISA, since TRUNKLINE_ISA is read once, at load.
 */
import { createHash } from 'node:crypto';
import { addon } from '../../src/audio/addon.ts';
import { SAMPLE_RATES_HZ } from '../../src/audio/audio-format.ts';
import { createRandom, whiteNoise } from './signals.ts';

const hash = createHash('sha256');
const codes = Uint8Array.from({ length: 65_536 }, (_, index) => index);
const samples = Int16Array.from({ length: 65_536 }, (_, index) => Math.imul(index, 40_503));

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Guards around the output are digested too: a write beyond it shows. */
function digestCodecs(length: number, offset: number): void {
  for (const decode of [addon.mulawDecode, addon.alawDecode]) {
    const room = new Int16Array(length + 128).fill(0x5aa5);
    decode(codes.subarray(offset, offset + length), room.subarray(offset, offset + length));
    hash.update(bytesOf(room));
  }
  for (const encode of [addon.mulawEncode, addon.alawEncode]) {
    const room = new Uint8Array(length + 128).fill(0xa5);
    encode(samples.subarray(offset, offset + length), room.subarray(offset, offset + length));
    hash.update(room);
  }
}

function digestBase64(length: number, offset: number): void {
  const characters = 4 * Math.ceil(length / 3);
  const text = new Uint8Array(characters + 128).fill(0xa5);
  addon.base64Encode(codes.subarray(offset, offset + length), text.subarray(offset, offset + characters));
  const bytes = new Uint8Array((characters / 4) * 3 + 128).fill(0xa5);
  addon.base64Decode(
    text.subarray(offset, offset + characters),
    bytes.subarray(offset, bytes.length - 128 + offset),
  );
  hash.update(text).update(bytes);
}

function digestResampler(fromHz: number, toHz: number, input: Int16Array): void {
  const random = createRandom(fromHz - toHz);
  const resampler = new addon.Resampler(fromHz, toHz);
  for (let at = 0; at < input.length; ) {
    const piece = input.subarray(at, at + 1 + Math.floor(random() * 400));
    const output = new Int16Array(resampler.maxOutputSamples(piece.length));
    hash.update(bytesOf(output.subarray(0, resampler.process(piece, output))));
    at += piece.length;
  }
  const rest = new Int16Array(resampler.delaySamples);
  resampler.flush(rest);
  hash.update(bytesOf(rest));
}

digestCodecs(65_536 - 128, 0);
for (let length = 0; length <= 300; length++) {
  for (let offset = length % 4; offset < 64; offset += 4) {
    digestCodecs(length, offset);
    digestBase64(length, offset);
  }
}
const noise = whiteNoise(400, 0, 3, 8000);
for (const fromHz of SAMPLE_RATES_HZ) {
  for (const toHz of SAMPLE_RATES_HZ) digestResampler(fromHz, toHz, noise);
}
process.stdout.write(`${addon.activeIsa()} ${hash.digest('hex')}\n`);
