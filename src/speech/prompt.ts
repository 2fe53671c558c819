/**
 * A prompt: audio played as one unit. Its key names the audio wherever it is: cache, registry, play message.
 * The finished audio is a `ReadyPrompt` (audio/ready-prompt.ts).
 */
import { createHash } from 'node:crypto';
import { type AudioFormat, formatName } from '../audio/audio-format.ts';

/** Where a prompt's audio comes from. `path` is absolute; the file is a WAV. */
export type PromptSource =
  | { readonly kind: 'text'; readonly text: string; readonly voice: string; readonly language: string }
  | { readonly kind: 'audio'; readonly path: string };

/** The same text, voice and format always give the same key: 32 hex digits. */
export function promptKey(source: PromptSource, format: AudioFormat): string {
  const parts =
    source.kind === 'text' ? ['text', source.text, source.voice, source.language] : ['audio', source.path];
  return createHash('sha256')
    .update(JSON.stringify([formatName(format), ...parts]))
    .digest('hex')
    .slice(0, 32);
}
