/**
 * `npm run test:live`: one real request to each vendor whose key is in the environment or `.env`, through the very classes
 * that calls use. It costs a fraction of a cent. A vendor without a key is skipped, and the last line counts.
 */
import { TELEPHONE_FORMAT } from '../src/audio/audio-format.ts';
import { decodeG711 } from '../src/audio/g711.ts';
import { CallerVoice } from '../src/cli/caller-voice.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { checkVendors } from '../src/speech/check-vendors.ts';
import { ElevenLabsSynthesizer } from '../src/speech/elevenlabs/elevenlabs-synthesizer.ts';
import { OpenAiApi } from '../src/speech/openai/openai-api.ts';
import { OpenAiLiveRecognizer } from '../src/speech/openai/openai-live-recognizer.ts';
import { OpenAiRecognizer } from '../src/speech/openai/openai-recognizer.ts';
import { OpenAiSynthesizer } from '../src/speech/openai/openai-synthesizer.ts';
import { OpenAiUnderstanding } from '../src/speech/openai/openai-understanding.ts';
import { TranscriptionApi } from '../src/speech/openai/transcription-api.ts';
import type { Recognizer } from '../src/speech/recognizer.ts';
import { within } from '../src/speech/resilience/within.ts';
import type { Synthesizer } from '../src/speech/synthesizer.ts';

const DEADLINE_MS = 20_000;
const QUESTION = { kind: 'yes-no', language: 'en', keywords: ['yes', 'no'] } as const;
const TEXT = 'Hello from Trunkline.';

interface Trial {
  readonly name: string;
  /** Why it is not made; null: it is. */
  readonly skipped: string | null;
  /** What came of it, for people. Rejects if that is not right. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

const { speech } = readConfig();
const { elevenlabs, openai } = speech;
const noOpenAi = openai.apiKey === null && openai.baseUrl === null ? 'OPENAI_API_KEY is not set' : null;
const transcriptions = new TranscriptionApi({ settings: openai, clock: systemClock });
const api = (body: 'whole' | 'stream') => new OpenAiApi({ settings: openai, clock: systemClock, body });

const trials: readonly Trial[] = [
  {
    name: `OpenAI listens (${openai.transcribeModel})`,
    skipped: noOpenAi,
    run: (signal) => transcribe(new OpenAiRecognizer(transcriptions, openai.transcribeModel), signal),
  },
  {
    name: `OpenAI listens live (${openai.liveModel})`,
    skipped: noOpenAi ?? (openai.baseUrl === null ? null : 'OPENAI_BASE_URL is a server of your own'),
    run: async (signal) => {
      const live = new OpenAiLiveRecognizer(openai, systemClock);
      try {
        return await transcribe(live, signal);
      } finally {
        live.close();
      }
    },
  },
  {
    name: `OpenAI speaks (${openai.speechModel})`,
    skipped: noOpenAi ?? (speech.synthesizers.includes('openai') ? null : 'it is not among SYNTHESIZERS'),
    run: (signal) => {
      const voice = { model: openai.speechModel, defaultVoice: openai.speechVoice };
      return speak(new OpenAiSynthesizer(api('stream'), voice), signal);
    },
  },
  {
    name: `OpenAI understands (${openai.understandingModel ?? 'none'})`,
    skipped: noOpenAi ?? (openai.understandingModel === null ? 'UNDERSTANDING_MODEL is not set' : null),
    run: async (signal) => {
      const understanding = new OpenAiUnderstanding(api('whole'), openai.understandingModel ?? '');
      const question = { kind: 'yes-no', language: 'en', prompt: 'Do you smoke?', choices: [] } as const;
      const answer = await understanding.understand(question, 'I have never touched a cigarette', signal);
      return expectText('no', answer);
    },
  },
  {
    name: `ElevenLabs speaks (${elevenlabs?.model ?? 'none'})`,
    skipped: elevenlabs === null ? 'ELEVENLABS_API_KEY is not set' : null,
    run: (signal) => speak(new ElevenLabsSynthesizer(elevenlabs!, systemClock), signal),
  },
];

const tally = { passed: 0, failed: 0, skipped: 0 };
for (const { name, run, skipped } of trials) {
  if (skipped !== null) {
    tally.skipped += 1;
    console.log(`skipped ${name}: ${skipped}`);
    continue;
  }
  const startedAtMs = performance.now();
  try {
    const said = await within(systemClock, DEADLINE_MS, 'an answer', run);
    tally.passed += 1;
    console.log(`ok      ${name}: ${said}, ${Math.round(performance.now() - startedAtMs)} ms`);
  } catch (thrown) {
    tally.failed += 1;
    console.log(`FAILED  ${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
for (const { text } of await checkVendors(speech, systemClock)) console.log(`check   ${text}`);
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exit(tally.failed > 0 ? 1 : 0);

async function transcribe(recognizer: Recognizer, signal: AbortSignal): Promise<string> {
  const mulaw = await new CallerVoice('rms').speak('yes');
  const recognition = recognizer.open(QUESTION, signal);
  recognition.push({ samples: decodeG711('mulaw', mulaw), sampleRateHz: 8000 });
  const { text } = await recognition.end();
  return expectText('yes', text.toLowerCase().replace(/[^a-z]/g, ''));
}

async function speak(synthesizer: Synthesizer, signal: AbortSignal): Promise<string> {
  const request = {
    text: TEXT,
    voice: synthesizer.defaultVoice,
    language: 'en',
    playFormat: TELEPHONE_FORMAT,
  };
  const { chunks, format } = await synthesizer.synthesize(request, signal);
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  if (bytes === 0) throw new Error('Expected audio, received none');
  return `${bytes} bytes of ${format.codec} at ${format.sampleRateHz} Hz`;
}

function expectText(expected: string, received: string | null): string {
  if (received !== expected) throw new Error(`Expected "${expected}", received "${received}"`);
  return `"${received}"`;
}
