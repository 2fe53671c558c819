/** What callers say in tests: words of a built-in voice as telephone audio, louder, softer, clipped or over a noise. */
import { decodeG711, encodeG711 } from '../../src/audio/g711.ts';
import { CallerVoice } from '../../src/cli/caller-voice.ts';

const FULL_SCALE = 32_768;
const FRAME_SAMPLES = 160;
/** What is this much below the loudest frame is no speech, and counts for no level. */
const ACTIVE_RANGE_DB = 25;

const voice = new CallerVoice('rms');

/** Mu-law at 8 kHz; its first frame is its first sound. */
export function speak(text: string): Promise<Uint8Array> {
  return voice.speak(text);
}

/** The same with the level of its active frames at `levelDbfs`; above some -15 dBFS its peaks are clipped. */
export function atLevel(mulaw: Uint8Array, levelDbfs: number): Uint8Array {
  const samples = decodeG711('mulaw', mulaw);
  const gain = 10 ** ((levelDbfs - activeLevelDbfs(samples)) / 20);
  return encodeG711(
    'mulaw',
    Int16Array.from(samples, (sample) => clamp(Math.round(sample * gain))),
  );
}

/** Both at once, as long as the first. */
export function over(mulaw: Uint8Array, background: Uint8Array): Uint8Array {
  const other = decodeG711('mulaw', background);
  const sum = decodeG711('mulaw', mulaw).map((sample, at) => clamp(sample + (other[at] ?? 0)));
  return encodeG711('mulaw', sum);
}

export function toTelephone(samples: Int16Array): Uint8Array {
  return encodeG711('mulaw', samples);
}

function activeLevelDbfs(samples: Int16Array): number {
  const powers = Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, frame) =>
    samples
      .subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)
      .reduce((sum, sample) => sum + sample ** 2 / FRAME_SAMPLES, 0),
  );
  const active = powers.filter((power) => power > Math.max(...powers) / 10 ** (ACTIVE_RANGE_DB / 10));
  const mean = active.reduce((sum, power) => sum + power, 0) / Math.max(1, active.length);
  return 10 * Math.log10(Math.max(mean, 1e-9) / FULL_SCALE ** 2);
}

function clamp(sample: number): number {
  return Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, sample));
}
