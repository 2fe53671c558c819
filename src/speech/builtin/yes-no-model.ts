/**
 * The weights file of the yes/no recognizer, `yes-no-model.bin`, written by `training/yes-no/export.py`:
 *
 *   bytes 0-3    "TLYN"                    little-endian throughout
 *   bytes 4-7    format version
 *   bytes 8-11   CRC-32 of all that follows
 *   then         classes, how many of them mean yes, networks (u32 each); threshold for yes, for no (f32 each)
 *   then, for each network and layer: one f32 scale and one f32 bias an output, the int8 weights, zeros up to
 *   a multiple of 4 bytes. A weight is its int8 times the scale of its output.
 */
import { crc32 } from 'node:zlib';
import { InvalidStateError } from '../../errors.ts';
import { type LayerWeights, layerShapes } from './network.ts';

const MAGIC = 'TLYN';
const VERSION = 1;
const HEADER_BYTES = 32;
/** Refuses a nonsense header before anything is allocated for it. */
const MOST_CLASSES = 64;
const MOST_NETWORKS = 8;

export interface YesNoModel {
  /** Classes 0 to `yesCount - 1` mean yes, the following up to `classCount - 2` no, the last anything else. */
  readonly classCount: number;
  readonly yesCount: number;
  /** The probability that an answer must reach, 0 to 1. */
  readonly yesThreshold: number;
  readonly noThreshold: number;
  /** The layers of each network, in the order of `layerShapes`. */
  readonly networks: readonly (readonly LayerWeights[])[];
}

/** Throws InvalidStateError when the bytes are not a whole, undamaged weights file of this version. */
export function parseYesNoModel(file: Uint8Array): YesNoModel {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = file.length >= HEADER_BYTES ? String.fromCharCode(...file.subarray(0, 4)) : '';
  if (magic !== MAGIC) throw wrong(`the magic "${MAGIC}"`, `"${magic}" in ${file.length} bytes`);
  if (view.getUint32(4, true) !== VERSION) throw wrong(`version ${VERSION}`, String(view.getUint32(4, true)));
  const checksum = crc32(file.subarray(12));
  if (checksum !== view.getUint32(8, true))
    throw wrong(`CRC-32 ${view.getUint32(8, true)}`, String(checksum));
  const classCount = view.getUint32(12, true);
  const yesCount = view.getUint32(16, true);
  const networkCount = view.getUint32(20, true);
  if (
    classCount > MOST_CLASSES ||
    yesCount >= classCount ||
    networkCount < 1 ||
    networkCount > MOST_NETWORKS
  ) {
    throw wrong('sane counts', `${classCount} classes, ${yesCount} for yes, ${networkCount} networks`);
  }
  const shapes = layerShapes(classCount);
  const bytes = shapes.reduce((sum, s) => sum + layerBytes(s.outputs, s.outputs * s.taps * s.inputs), 0);
  const expected = HEADER_BYTES + networkCount * bytes;
  if (file.length !== expected) throw wrong(`${expected} bytes`, String(file.length));

  let at = HEADER_BYTES;
  const networks = Array.from({ length: networkCount }, () =>
    shapes.map((shape): LayerWeights => {
      const row = shape.taps * shape.inputs;
      const float = (index: number): number => view.getFloat32(at + 4 * index, true);
      const bias = Float64Array.from({ length: shape.outputs }, (_, out) => float(shape.outputs + out));
      const weights = Float64Array.from(
        { length: shape.outputs * row },
        (_, i) => view.getInt8(at + 8 * shape.outputs + i) * float(Math.floor(i / row)),
      );
      at += layerBytes(shape.outputs, weights.length);
      return { weights, bias };
    }),
  );
  return {
    classCount,
    yesCount,
    yesThreshold: view.getFloat32(24, true),
    noThreshold: view.getFloat32(28, true),
    networks,
  };
}

const layerBytes = (outputs: number, weights: number): number => 8 * outputs + Math.ceil(weights / 4) * 4;

const wrong = (expected: string, received: string): InvalidStateError =>
  new InvalidStateError(`Expected ${expected} for the yes/no weights file, received ${received}`);
