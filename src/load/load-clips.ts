/** The words of a load's callers, made once before a run: several voices and lengths, 0.4 to 1.5 s. */
import { InvalidStateError } from '../errors.ts';
import type { ClipIds } from './call-plan.ts';
import type { Clip } from './caller-engine.ts';
import { speechShownAtMs } from './heard-clip.ts';
import type { Word } from './marker.ts';
import { toWordClip } from './word-clip.ts';

/** 8 kHz mu-law of what a built-in voice says. */
export type Speak = (voice: string, text: string) => Promise<Uint8Array>;

export interface LoadClips {
  readonly clips: readonly Clip[];
  readonly ids: ClipIds;
}

type Spoken = readonly [word: Word, voice: string, text: string];

/** For the stand-in recognizer, which goes by the marker: as long as answers are. */
const PHRASES: readonly Spoken[] = [
  ['yes', 'kal', 'yes sir'],
  ['yes', 'slt', 'yes please'],
  ['yes', 'rms', 'yes I do'],
  ['yes', 'kal16', 'yes of course I do'],
  ['yes', 'awb', 'yes of course I do'],
  ['no', 'kal', 'no sir'],
  ['no', 'kal16', 'no I do not'],
  ['no', 'awb', 'no not at all'],
  ['no', 'rms', 'no thank you'],
  ['no', 'rms', 'no not at all'],
];
/** For the built-in recognizer, which knows these two words. */
const WORDS: readonly Spoken[] = (['rms', 'slt', 'awb'] as const).flatMap((voice): Spoken[] => [
  ['yes', voice, 'yes'],
  ['no', voice, 'no'],
]);

export async function makeClips(speak: Speak, recognizer: 'stand-in' | 'builtin'): Promise<LoadClips> {
  const clips: Clip[] = [];
  const ids = { said: { yes: [], no: [] }, barged: { yes: [], no: [] } } as {
    readonly [Use in keyof ClipIds]: Record<Word, number[]>;
  };
  const add = (use: keyof ClipIds, word: Word, mulaw: Uint8Array, onsetMs: number): void => {
    ids[use][word].push(clips.length);
    clips.push({ id: clips.length, mulaw, onsetMs, offsetMs: mulaw.length / 8 - 1 });
  };
  for (const [word, voice, text] of recognizer === 'builtin' ? WORDS : PHRASES) {
    const { mulaw } = toWordClip(await speak(voice, text), word, recognizer === 'stand-in');
    add('said', word, mulaw, 0);
    const shownMs = speechShownAtMs(mulaw);
    // A word that is too soft to be told from the prompt at once is no measure of a barge-in.
    if (shownMs !== null) add('barged', word, mulaw, shownMs);
  }
  for (const word of ['yes', 'no'] as const) {
    if (ids.barged[word].length === 0)
      throw new InvalidStateError(`Expected a "${word}" that shows speech, made none`);
  }
  return { clips, ids };
}
