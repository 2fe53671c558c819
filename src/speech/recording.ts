/** A prompt's recording: read and checked in one place, for the author's tools and for whoever makes the prompt. */
import { readFileSync, statSync } from 'node:fs';
import type { PcmAudio } from '../audio/audio-format.ts';
import { parseWav } from '../audio/wav.ts';

/** `reason` is a sentence for the flow's author. */
export type RecordingReading =
  | { readonly ok: true; readonly audio: PcmAudio }
  | { readonly ok: false; readonly reason: string };

/** Longer than any call listens to one prompt; 120 s are 960,000 bytes of telephone audio. */
export const PROMPT_DURATION_MAX_MS = 120_000;
/** 120 s of 32-bit samples at 48 kHz are 22 MiB. */
const RECORDING_BYTES_MAX = 32 * 1024 * 1024;

/** Never throws, whatever is at `path`. Reads the whole file. */
export function readRecording(path: string): RecordingReading {
  let bytes: Uint8Array;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return refused(`a WAV file, received ${path}, which is no file`);
    if (stats.size > RECORDING_BYTES_MAX) {
      return refused(
        `a WAV file of at most ${RECORDING_BYTES_MAX} bytes, received ${path} of ${stats.size} bytes`,
      );
    }
    bytes = readFileSync(path);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : (code ?? String(thrown));
    return refused(`a readable WAV file, received ${path} (${why})`);
  }
  const reading = parseWav(bytes);
  if (!reading.ok) return { ok: false, reason: `${reading.reason} (${path})` };
  const { samples, sampleRateHz } = reading.audio;
  const durationMs = (samples.length / sampleRateHz) * 1000;
  if (samples.length === 0) return refused(`a recording with sound in it, received ${path}, which has none`);
  if (durationMs > PROMPT_DURATION_MAX_MS) {
    return refused(
      `a recording of at most ${PROMPT_DURATION_MAX_MS / 1000} s, received ${path} of ${Math.round(durationMs / 1000)} s`,
    );
  }
  return reading;
}

function refused(expected: string): RecordingReading {
  return { ok: false, reason: `Expected ${expected}` };
}
