/** The plainest sound: for tests that ask only whether audio comes through whole. */
import type { PcmAudio } from '../../src/audio/audio-format.ts';

/** A tone of 440 Hz at half of full scale. */
export function tone(durationMs: number, sampleRateHz: PcmAudio['sampleRateHz'] = 8000): PcmAudio {
  const samples = Int16Array.from({ length: (durationMs * sampleRateHz) / 1000 }, (_, index) =>
    Math.round(16_384 * Math.sin((2 * Math.PI * 440 * index) / sampleRateHz)),
  );
  return { samples, sampleRateHz };
}
