/**
 * G.711 over whole buffers, spandsp-exact: mu-law equal to libsndfile's, A-law to ITU-T G.191's. Each makes a new array;
 * where that matters (per frame), call the addon with an array of your own. Any thread.
 */
import { addon } from './addon.ts';

export type G711Codec = 'mulaw' | 'alaw';

/** One sample for each byte. */
export function decodeG711(codec: G711Codec, bytes: Uint8Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(bytes.length);
  if (codec === 'mulaw') addon.mulawDecode(bytes, samples);
  else addon.alawDecode(bytes, samples);
  return samples;
}

/** One byte for each sample. */
export function encodeG711(codec: G711Codec, samples: Int16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length);
  if (codec === 'mulaw') addon.mulawEncode(samples, bytes);
  else addon.alawEncode(samples, bytes);
  return bytes;
}
