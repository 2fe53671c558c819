/**
 * Everything that decides what a spoken prompt sounds like, and so what its file on disk is named by. A prompt's key
 * (`promptKey`) names it within a process, whoever speaks it; this names one vendor's speech of it, for good.
 */
import { createHash } from 'node:crypto';
import { type AudioFormat, formatName } from '../audio/audio-format.ts';
import type { PromptSource } from './prompt.ts';
import type { Synthesizer } from './synthesizer.ts';

export type SpokenSource = Extract<PromptSource, { readonly kind: 'text' }>;

export interface Spoken {
  readonly text: string;
  readonly provider: string;
  readonly model: string;
  readonly voice: string;
  readonly language: string;
}

/** Who speaks, as far as it is heard. */
export type Speaker = Pick<Synthesizer, 'provider' | 'model' | 'defaultVoice' | 'isVoice'>;

/** This text by this speaker: in the voice that the flow names, or in the speaker's own if that is another vendor's. */
export function spokenBy(speaker: Speaker, source: SpokenSource): Spoken {
  const { text, language } = source;
  const voice = speaker.isVoice(source.voice) ? source.voice : speaker.defaultVoice;
  return { text, provider: speaker.provider, model: speaker.model, voice, language };
}

/** 32 hex digits; without a format the same for each. */
export function spokenKey(spoken: Spoken, format: AudioFormat | null): string {
  const { text, provider, model, voice, language } = spoken;
  return createHash('sha256')
    .update(
      JSON.stringify([text, provider, model, voice, language, format === null ? '' : formatName(format)]),
    )
    .digest('hex')
    .slice(0, 32);
}
