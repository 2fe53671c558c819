import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeWav } from '../../../src/audio/wav.ts';
import { readRecording } from '../../../src/speech/recording.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function reasonOf(content: Uint8Array | string): string | null {
  const path = join(temporaryFolder(), 'prompt.wav');
  writeFileSync(path, content);
  const reading = readRecording(path);
  return reading.ok ? null : reading.reason;
}

function wav(change: (view: DataView) => void = () => {}, seconds = 1): Uint8Array {
  const bytes = writeWav({ samples: new Int16Array(8000 * seconds).fill(1000), sampleRateHz: 8000 });
  change(new DataView(bytes.buffer));
  return bytes;
}

describe('a recording', () => {
  it('is read where its WAV can be played', () => {
    expect(reasonOf(wav())).toBeNull();
    expect(reasonOf(wav((view) => view.setUint32(24, 44_100, true)))).toBeNull();
  });

  it.each([
    ['stereo', wav((view) => view.setUint16(22, 2, true)), /mono.*2 channels/],
    ['an unusual rate', wav((view) => view.setUint32(24, 0, true)), /one of 8000.*received 0 Hz/],
    ['24 bits', wav((view) => view.setUint16(34, 24, true)), /format 1 of 24 bits/],
    ['no sound', wav(undefined, 0), /sound/],
    ['more than 120 s', wav(undefined, 121), /at most 120 s.*121 s/],
    ['text', 'hello there, no audio', /RIFF/],
    ['nothing', '', /nothing/],
  ])('is refused with a reason and its path: %s', (_, content, reason) => {
    expect(reasonOf(content)).toMatch(reason);
    expect(reasonOf(content)).toContain('prompt.wav');
  });

  it('must be a file', () => {
    const folder = temporaryFolder();
    expect(readRecording(folder)).toMatchObject({ ok: false, reason: expect.stringContaining('is no file') });
    expect(readRecording(join(folder, 'missing.wav'))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('no such file'),
    });
  });
});
