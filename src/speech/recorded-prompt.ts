import type { AudioFormat } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import { ConfigError } from '../errors.ts';
import { readRecording } from './recording.ts';
import { toReadyPrompt } from './to-ready-prompt.ts';

/** A prompt of a WAV file, as it is, silence and all. Throws ConfigError for a file that cannot be played. */
export function recordedPrompt(key: string, path: string, format: AudioFormat): ReadyPrompt {
  const reading = readRecording(path);
  if (!reading.ok) throw new ConfigError(reading.reason);
  return toReadyPrompt(key, reading.audio, format);
}
