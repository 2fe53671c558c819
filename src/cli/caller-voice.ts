/** The demo caller's mouth: words by one of the built-in voices, as telephone audio that begins with its first sound. */
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import { encodeG711 } from '../audio/g711.ts';
import { ConfigError } from '../errors.ts';
import { FLITE_VOICES, FliteSynthesizer } from '../speech/builtin/flite-synthesizer.ts';
import { resample } from '../speech/resample.ts';

/** flite puts up to 0.25 s of silence before a word; what is softer than this (-45 dBFS) is no sound of it. */
const FIRST_SOUND_MIN = 184;

export class CallerVoice {
  readonly #synthesizer = FliteSynthesizer.load();
  readonly #voice: string;
  readonly #spoken = new Map<string, Uint8Array>();

  /** Throws ConfigError for a voice that there is not. */
  constructor(voice: string) {
    if (!(FLITE_VOICES as readonly string[]).includes(voice)) {
      throw new ConfigError(
        `--voice: expected one of ${FLITE_VOICES.join(', ')}, received ${JSON.stringify(voice)}`,
      );
    }
    this.#voice = voice;
  }

  /** 8 kHz mu-law. Blocks for about 0.1 s the first time; the same words are kept. */
  async speak(text: string): Promise<Uint8Array> {
    const known = this.#spoken.get(text);
    if (known !== undefined) return known;
    const request = { text, voice: this.#voice, language: 'en', playFormat: TELEPHONE_FORMAT };
    const speech = await this.#synthesizer.synthesize(request, AbortSignal.timeout(10_000));
    const chunks: Uint8Array[] = [];
    for await (const chunk of speech.chunks) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const samples = new Int16Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)),
    );
    const { samples: telephone } = resample({ samples, sampleRateHz: speech.format.sampleRateHz }, 8000);
    const firstSound = telephone.findIndex((sample) => Math.abs(sample) >= FIRST_SOUND_MIN);
    const mulaw = encodeG711('mulaw', telephone.subarray(Math.max(0, firstSound)));
    this.#spoken.set(text, mulaw);
    return mulaw;
  }
}
