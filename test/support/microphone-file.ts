/** What a fake microphone hears, over and over: words and silences, as a file that Chromium reads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeG711 } from '../../src/audio/g711.ts';
import { writeWav } from '../../src/audio/wav.ts';
import { resample } from '../../src/speech/resample.ts';
import { speak } from './caller-speech.ts';
import { temporaryFolder } from './temporary-folder.ts';

const RATE_HZ = 48_000;

/** Words are spoken, numbers are silences in milliseconds. The file is gone at the end. */
export async function microphoneFile(
  atEnd: (remove: () => void) => void,
  ...heard: readonly (string | number)[]
): Promise<string> {
  const parts: Int16Array[] = [];
  for (const part of heard) {
    if (typeof part === 'number') parts.push(new Int16Array((part * RATE_HZ) / 1000));
    else {
      const samples = decodeG711('mulaw', await speak(part));
      parts.push(resample({ samples, sampleRateHz: 8000 }, RATE_HZ).samples);
    }
  }
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  const path = join(temporaryFolder(atEnd), 'microphone.wav');
  writeFileSync(path, writeWav({ samples: all, sampleRateHz: RATE_HZ }));
  return path;
}
