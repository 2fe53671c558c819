/**
 * The voices that the recognizer was never trained on: Debian's espeak-ng, eight accents of English by 35 speaker
 * variants. They are split by variant: the first half may be looked at while tuning, the second only at the end.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { resampleTo8k, trimSilence } from './telephone.ts';

export type Half = 'dev' | 'test';

const ACCENTS = 'en-gb en-us en-gb-scotland en-gb-x-gbclan en-gb-x-rp en-gb-x-gbcwmd en-029 en-us-nyc'.split(
  ' ',
);

const VARIANTS: Record<Half, readonly string[]> = {
  dev: ' m1 m3 m5 m7 f1 f3 klatt klatt3 Alex Andrea belinda linda paul steph john'.split(' '),
  test: 'm2 m4 m6 m8 f2 f4 f5 klatt2 klatt4 Alicia Annie david robert Mike victor rob ed grandma croak'.split(
    ' ',
  ),
};

export interface HeldOutVoice {
  /** espeak-ng's name, as `en-us+f2`. */
  readonly name: string;
  readonly accent: string;
}

export function isEspeakInstalled(): boolean {
  return spawnSync('espeak-ng', ['--version']).status === 0;
}

export function heldOutVoices(half: Half): HeldOutVoice[] {
  return VARIANTS[half].flatMap((variant) =>
    ACCENTS.map((accent) => ({ name: variant === '' ? accent : `${accent}+${variant}`, accent })),
  );
}

/** Speech at 8 kHz without silence around it. `speedWpm` 80 to 450, `pitchPercent` 0 to 99. */
export function speak(
  voice: HeldOutVoice,
  text: string,
  speedWpm: number,
  pitchPercent: number,
): Float64Array {
  const wav = execFileSync(
    'espeak-ng',
    ['-v', voice.name, '-s', String(speedWpm), '-p', String(pitchPercent), '--stdout', text],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  // A canonical 44-byte header; espeak-ng leaves its lengths open when it writes to a pipe.
  const sampleRateHz = wav.readUInt32LE(24);
  const samples = new Float64Array(Math.floor((wav.length - 44) / 2));
  for (let i = 0; i < samples.length; i++) samples[i] = wav.readInt16LE(44 + 2 * i) / 32768;
  return trimSilence(resampleTo8k(samples, sampleRateHz));
}
