/**
 * Makes the native receiver of one stream. It is handed out bare: a class around it would cost a call for each frame.
 * The holder closes it. I/O thread.
 */
import { addon } from './addon.ts';
import type { NativeStreamReceiver } from './addon-types.ts';
import type { AudioFormat } from './audio-format.ts';

/** Throws TypeError or RangeError for a format that no receiver takes: G.711 at another rate than 8 kHz. */
export function createStreamReceiver(format: AudioFormat): NativeStreamReceiver {
  return new addon.StreamReceiver({ codec: format.codec, sampleRateHz: format.sampleRateHz });
}
