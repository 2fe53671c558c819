/** The synthesizers of the configuration, in the order in which they are asked. */
import type { SpeechSettings, SynthesizerName } from '../channel/speech-settings.ts';
import type { Clock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { FliteSynthesizer } from './builtin/flite-synthesizer.ts';
import { ElevenLabsSynthesizer } from './elevenlabs/elevenlabs-synthesizer.ts';
import type { Synthesizer } from './synthesizer.ts';

export interface ChainMember {
  readonly synthesizer: Synthesizer;
  /** Requests at once. */
  readonly concurrency: number;
  /** What its first request would wait for; it may hold the thread for a second. */
  readonly preload?: () => Promise<void>;
}

/** flite holds the thread while it speaks: more at once would only wait. */
const BUILTIN_CONCURRENCY = 1;
/** Its limits are by the minute, and far above what prompts need. */
const OPENAI_CONCURRENCY = 4;

/** Reads 21 MB if `builtin` is among them. Rejects with ConfigError where none of them can be had. */
export async function createSynthesizers(
  speech: SpeechSettings,
  clock: Clock,
): Promise<readonly [ChainMember, ...ChainMember[]]> {
  const members = await Promise.all(speech.synthesizers.map((name) => createMember(name, speech, clock)));
  const [first, ...others] = members.filter((member) => member !== null);
  if (first === undefined) {
    throw new ConfigError(
      `SYNTHESIZERS: expected one that can speak, received ${speech.synthesizers.join(', ')}`,
    );
  }
  return [first, ...others];
}

/** Null: it is named and not configured, which the configuration does not let pass. */
async function createMember(
  name: SynthesizerName,
  speech: SpeechSettings,
  clock: Clock,
): Promise<ChainMember | null> {
  switch (name) {
    case 'elevenlabs': {
      const settings = speech.elevenlabs;
      if (settings === null) return null;
      const synthesizer = new ElevenLabsSynthesizer(settings, clock);
      return {
        synthesizer,
        concurrency: settings.concurrency,
        preload: () => synthesizer.preload(),
      };
    }
    case 'openai': {
      const { OpenAiApi } = await import('./openai/openai-api.ts');
      const { OpenAiSynthesizer } = await import('./openai/openai-synthesizer.ts');
      const { speechModel, speechVoice } = speech.openai;
      const api = new OpenAiApi({ settings: speech.openai, clock, body: 'stream' });
      const synthesizer = new OpenAiSynthesizer(api, { model: speechModel, defaultVoice: speechVoice });
      return { synthesizer, concurrency: OPENAI_CONCURRENCY };
    }
    case 'builtin':
      return { synthesizer: FliteSynthesizer.load(), concurrency: BUILTIN_CONCURRENCY };
  }
}
