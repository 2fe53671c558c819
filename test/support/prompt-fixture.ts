/** Prompts without speech: a tone in place of a voice, and the finished form of one. */
import type { AudioFormat } from '../../src/audio/audio-format.ts';
import { TELEPHONE_FORMAT } from '../../src/audio/audio-format.ts';
import type { ReadyPrompt } from '../../src/audio/ready-prompt.ts';
import type { Synthesizer } from '../../src/speech/synthesizer.ts';

export const PCM_16K: AudioFormat = { codec: 'pcm16', sampleRateHz: 16000, channels: 1 };

/** 440 Hz at about -12 dBFS between two silences. */
export function toneSamples(
  about: { rateHz?: number; silenceMs?: number; toneMs?: number; tailMs?: number } = {},
): Int16Array<ArrayBuffer> {
  const { rateHz = 16000, silenceMs = 0, toneMs = 300, tailMs = silenceMs } = about;
  const perMs = rateHz / 1000;
  const samples = new Int16Array((silenceMs + toneMs + tailMs) * perMs);
  for (let index = 0; index < toneMs * perMs; index++) {
    samples[silenceMs * perMs + index] = 11_000 * Math.sin((2 * Math.PI * 440 * index) / rateHz);
  }
  return samples;
}

/** Gives these chunks, whatever the text. */
export function synthesizerOf(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  format: AudioFormat = PCM_16K,
): Synthesizer {
  return {
    provider: 'fake',
    model: '',
    defaultVoice: 'slt',
    isVoice: (name) => name === 'slt',
    synthesize: async () => ({
      format,
      chunks: (async function* () {
        yield* chunks;
      })(),
    }),
  };
}

export function bytesOf(samples: Int16Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(samples.buffer);
}

/** The raw audio of a prompt. */
export function audioOf(prompt: ReadyPrompt): Buffer {
  const wire = Buffer.from(prompt.wire);
  return prompt.format.codec === 'pcm16' ? wire : Buffer.from(wire.toString('latin1'), 'base64');
}

export function readyPrompt(key: string, steps = 2): ReadyPrompt {
  const wire = new Uint8Array(new SharedArrayBuffer(640 * steps)).fill(0x41);
  const levels = new Uint8Array(new SharedArrayBuffer(3 * steps)).fill(70);
  return {
    key,
    format: TELEPHONE_FORMAT,
    wire,
    levels,
    audioBytes: 480 * steps,
    durationMs: 60 * steps,
  };
}
