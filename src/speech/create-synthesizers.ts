/** The synthesizers of the configuration, in the order in which they are asked. */
import type { SpeechSettings, SynthesizerName } from '../channel/speech-settings.ts';
import type { VendorChecked } from '../channel/vendor-messages.ts';
import type { Clock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { FliteSynthesizer } from './builtin/flite-synthesizer.ts';
import { checkElevenLabs } from './elevenlabs/check-elevenlabs.ts';
import { ElevenLabsSynthesizer } from './elevenlabs/elevenlabs-synthesizer.ts';
import type { Synthesizer } from './synthesizer.ts';

export interface ChainMember {
  readonly synthesizer: Synthesizer;
  /** Requests at once. */
  readonly concurrency: number;
  /** What its first request would wait for; it may hold the thread for a second. */
  readonly preload?: () => Promise<void>;
  /** Whether it will speak for us. Never rejects. */
  readonly check?: (signal: AbortSignal) => Promise<VendorChecked[]>;
}

/** flite holds the thread while it speaks: more at once would only wait. */
const BUILTIN_CONCURRENCY = 1;

/** Reads 21 MB if `builtin` is among them. Throws ConfigError where none of them can be had. */
export function createSynthesizers(
  speech: SpeechSettings,
  clock: Clock,
): readonly [ChainMember, ...ChainMember[]] {
  const [first, ...others] = speech.synthesizers.flatMap((name) => createMember(name, speech, clock) ?? []);
  if (first === undefined) {
    throw new ConfigError(
      `SYNTHESIZERS: expected one that can speak, received ${speech.synthesizers.join(', ')}`,
    );
  }
  return [first, ...others];
}

/** Null: this name has none yet. */
function createMember(name: SynthesizerName, speech: SpeechSettings, clock: Clock): ChainMember | null {
  switch (name) {
    case 'elevenlabs': {
      const settings = speech.elevenlabs;
      if (settings === null) return null;
      const synthesizer = new ElevenLabsSynthesizer(settings, clock);
      return {
        synthesizer,
        concurrency: settings.concurrency,
        preload: () => synthesizer.preload(),
        check: (signal) => checkElevenLabs(settings, signal, clock),
      };
    }
    case 'openai':
      // PLUG IN HERE: `new OpenAiSynthesizer(speech.openai, ...)` of ./openai/openai-synthesizer.ts, and `checkOpenAi` as its
      // check. Until then the chain goes on without it.
      return null;
    case 'builtin':
      return { synthesizer: FliteSynthesizer.load(), concurrency: BUILTIN_CONCURRENCY };
  }
}
