/** ElevenLabs' names of audio formats (`output_format`), and what comes under each. */
import { type AudioFormat, isSampleRateHz, type SampleRateHz } from '../../audio/audio-format.ts';

export interface OutputFormat {
  /** As ElevenLabs names it. */
  readonly name: string;
  /** Bare samples, or one MP3 file. */
  readonly kind: 'raw' | 'mp3';
  /** What it is once it is decoded. */
  readonly format: AudioFormat;
}

const RAW_NAMES = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000].map((rateHz) => `pcm_${rateHz}`);
const MP3_NAMES = ['22050_32', '24000_48', ...[32, 64, 96, 128, 192].map((kbps) => `44100_${kbps}`)].map(
  (rates) => `mp3_${rates}`,
);
/** Enough for everything that speech has, where a stream's own format is not to be had. */
const FALLBACK = 'pcm_16000';

/** Null for a name that ElevenLabs does not have. Opus is none of ours: we have no decoder for it. */
export function parseOutputFormat(name: string): OutputFormat | null {
  if (name === 'ulaw_8000') return { name, kind: 'raw', format: format('mulaw', 8000) };
  if (name === 'alaw_8000') return { name, kind: 'raw', format: format('alaw', 8000) };
  const [, codec, rate] = /^(pcm|mp3)_(\d+)(?:_\d+)?$/.exec(name) ?? [];
  const rateHz = Number(rate);
  if (!isSampleRateHz(rateHz)) return null;
  if (codec === 'mp3') {
    return MP3_NAMES.includes(name) ? { name, kind: 'mp3', format: format('pcm16', rateHz) } : null;
  }
  return RAW_NAMES.includes(name) ? { name, kind: 'raw', format: format('pcm16', rateHz) } : null;
}

/** What to ask for, so that `play` needs no conversion, or the least. */
export function outputFormatFor(play: AudioFormat): OutputFormat {
  const own =
    play.codec === 'mulaw' ? 'ulaw_8000' : play.codec === 'alaw' ? 'alaw_8000' : `pcm_${play.sampleRateHz}`;
  const exact = play.codec === 'pcm16' || play.sampleRateHz === 8000 ? parseOutputFormat(own) : null;
  return exact ?? parseOutputFormat(FALLBACK)!;
}

function format(codec: AudioFormat['codec'], sampleRateHz: SampleRateHz): AudioFormat {
  return { codec, sampleRateHz, channels: 1 };
}
