/**
 * What a load caller's word carries beside its sound: soft tones, above what is left of the speech, that say which word it
 * is and where it begins and ends. The stand-in recognizer goes by them alone, so a word that arrives cut, mixed with
 * another's or in somebody else's call is heard as what it has become. Pure.
 *
 *     |<- 60 ms ->|<-------- the word -------->|<- 60 ms ->|
 *        edge          yes or no                   edge
 */
import { mixTone } from './tone.ts';
import { type ThreeHz, tonePowers } from './tone-power.ts';

export type Word = 'yes' | 'no';

/** Multiples of 50 Hz: in a block of 20 ms none of them leaks into another. Below what the resamplers let pass. */
const EDGE_HZ = 2800;
const WORD_HZ: Readonly<Record<Word, number>> = { yes: 3100, no: 3300 };
/** A speech low-passed at this leaves the tones alone. */
export const SPEECH_MAX_HZ = 2300;
/** Some 25 dB below speech, and 20 dB above what mu-law makes of a loud word in one bin. */
const TONE_DBFS = -38;
/** Half of the tone's power and less is no tone: blocks that hold a boundary. */
const HEARD_MIN_DBFS = -44;
/** A block is one tone's if that is so much stronger than the others. */
const STRONGER_RATIO = 4;
const EDGE_MS = 60;
const BLOCK_MS = 20;
/** Of the three blocks of an edge, one may lie across its ends. */
const EDGE_BLOCKS_MIN = 2;
const WORD_BLOCKS_MIN = 5;
/** Blocks across the boundary of two tones may be neither's. */
const UNCLEAR_BLOCKS_MAX = 3;

/** Mixes the marker of `word` into `samples` (8 kHz), all along. */
export function mark(samples: Int16Array, word: Word): void {
  const edge = (EDGE_MS * 8000) / 1000;
  const end = samples.length;
  mixTone(samples.subarray(0, edge), EDGE_HZ, TONE_DBFS);
  mixTone(samples.subarray(edge, end - edge), WORD_HZ[word], TONE_DBFS);
  mixTone(samples.subarray(end - edge), EDGE_HZ, TONE_DBFS);
}

/** The word whose marker is there once, from edge to edge, and nothing of another; else null. */
export function readMarker(samples: Int16Array, sampleRateHz: number): Word | null {
  const blocks = blocksOf(samples, sampleRateHz);
  const first = blocks.findIndex((block) => block !== 'none');
  const last = blocks.findLastIndex((block) => block !== 'none');
  const marked = blocks.slice(first, last + 1);
  const word = marked.find((block) => block === 'yes' || block === 'no');
  if (word === undefined) return null;
  const from = marked.indexOf(word);
  const to = marked.lastIndexOf(word) + 1;
  const head = marked.slice(0, from);
  const tail = marked.slice(to);
  const inside = marked.slice(from, to);
  const count = (part: readonly Block[], which: Block): number => part.filter((b) => b === which).length;
  const isWhole =
    count(head, 'edge') >= EDGE_BLOCKS_MIN &&
    count(tail, 'edge') >= EDGE_BLOCKS_MIN &&
    count(inside, word) >= WORD_BLOCKS_MIN &&
    count(inside, word) + count(inside, 'none') === inside.length &&
    count(tail, 'edge') + count(tail, 'none') === tail.length &&
    count(marked, 'none') <= UNCLEAR_BLOCKS_MAX;
  return isWhole ? word : null;
}

type Block = Word | 'edge' | 'none';

function blocksOf(samples: Int16Array, sampleRateHz: number): Block[] {
  const length = (sampleRateHz * BLOCK_MS) / 1000;
  const blocks: Block[] = [];
  for (let at = 0; at + length <= samples.length; at += length) {
    blocks.push(blockOf(samples.subarray(at, at + length), sampleRateHz));
  }
  return blocks;
}

const MARKER_HZ: ThreeHz = [EDGE_HZ, WORD_HZ.yes, WORD_HZ.no];
const POWER_MIN = 10 ** (HEARD_MIN_DBFS / 10);

function blockOf(samples: Int16Array, sampleRateHz: number): Block {
  const [edge, yes, no] = tonePowers(samples, MARKER_HZ, sampleRateHz);
  const most = Math.max(edge, yes, no);
  const next = edge + yes + no - most - Math.min(edge, yes, no);
  if (most < POWER_MIN || most < STRONGER_RATIO * next) return 'none';
  if (most === edge) return 'edge';
  return most === yes ? 'yes' : 'no';
}
