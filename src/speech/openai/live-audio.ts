/**
 * A caller's audio as the Realtime API takes it: telephone audio as mu-law, the caller's own bytes again; any other rate as
 * PCM16 at 24 kHz, the only rate it has. One instance an utterance.
 */
import type { PcmAudio, SampleRateHz } from '../../audio/audio-format.ts';
import { encodeG711 } from '../../audio/g711.ts';
import { Resampler } from '../../audio/resampler.ts';
import { requireRate } from './utterance-audio.ts';

const TELEPHONE_HZ = 8000;
const PCM_HZ = 24_000;

export type LiveFormat =
  | { readonly type: 'audio/pcmu' }
  | { readonly type: 'audio/pcm'; readonly rate: 24000 };

export class LiveAudio {
  readonly format: LiveFormat;
  readonly #provider: string;
  readonly #rateHz: SampleRateHz;
  readonly #resampler: Resampler | null;
  #samples = 0;

  constructor(rateHz: SampleRateHz, provider: string) {
    this.#provider = provider;
    this.#rateHz = rateHz;
    this.format = rateHz === TELEPHONE_HZ ? { type: 'audio/pcmu' } : { type: 'audio/pcm', rate: PCM_HZ };
    this.#resampler = rateHz === TELEPHONE_HZ || rateHz === PCM_HZ ? null : new Resampler(rateHz, PCM_HZ);
  }

  get durationMs(): number {
    return (this.#samples / this.#rateHz) * 1000;
  }

  /** Base64 of what `piece` completes; may be empty. Throws ProviderError for a piece of another rate. */
  code(piece: PcmAudio): string {
    requireRate(piece, this.#rateHz, this.#provider);
    this.#samples += piece.samples.length;
    if (this.format.type === 'audio/pcmu') return toBase64(encodeG711('mulaw', piece.samples));
    return toBase64(this.#resampler === null ? piece.samples : this.#resampler.push(piece.samples));
  }

  /** What the resampler still holds; may be empty. */
  end(): string {
    return this.#resampler === null ? '' : toBase64(this.#resampler.flush());
  }
}

function toBase64(audio: Uint8Array | Int16Array): string {
  return Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64');
}
