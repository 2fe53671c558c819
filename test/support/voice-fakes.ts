/** Synthesizers that do as they are told, and the voices of a chain made of them. */
import type { Clock } from '../../src/clock.ts';
import { ProviderError, type ProviderFault } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { PromptFiles } from '../../src/speech/prompt-files.ts';
import type { SpeechRequest, Synthesizer } from '../../src/speech/synthesizer.ts';
import { type Guard, VendorVoice } from '../../src/speech/vendor-voice.ts';
import { bytesOf, PCM_16K, toneSamples } from './prompt-fixture.ts';
import { silentLog } from './silent-log.ts';

/** What becomes of a request: speech, an error, or nothing until the signal aborts. */
export type Behaviour = 'speaks' | 'hangs' | Error;

export class FakeSynthesizer implements Synthesizer {
  readonly provider: string;
  readonly model = 'm1';
  readonly defaultVoice: string;
  readonly requests: SpeechRequest[] = [];
  /** One a request, in order; then `always`. */
  script: Behaviour[] = [];
  always: Behaviour = 'speaks';
  speakingMax = 0;
  #speaking = 0;

  constructor(provider: string, script: Behaviour[] = [], always: Behaviour = 'speaks') {
    this.provider = provider;
    this.defaultVoice = `${provider}-voice`;
    this.script = script;
    this.always = always;
  }

  isVoice(name: string): boolean {
    return name.startsWith(`${this.provider}-`);
  }

  async synthesize(request: SpeechRequest, signal: AbortSignal) {
    this.requests.push(request);
    this.#speaking += 1;
    this.speakingMax = Math.max(this.speakingMax, this.#speaking);
    try {
      const behaviour = this.script.shift() ?? this.always;
      await Promise.resolve();
      if (behaviour instanceof Error) throw behaviour;
      if (behaviour === 'hangs')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      const speech = bytesOf(toneSamples({ toneMs: 120 }));
      return {
        format: PCM_16K,
        chunks: (async function* () {
          yield speech;
        })(),
      };
    } finally {
      this.#speaking -= 1;
    }
  }
}

/** A guard whose state the test sets. */
export class FakeGuard implements Guard {
  isUp = true;
  isRested = false;
  readonly outcomes: ('ok' | 'failed')[] = [];

  isUsable(): boolean {
    return this.isUp;
  }

  isTrialDue(): boolean {
    return !this.isUp && this.isRested;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.isRested = false;
    try {
      const result = await work();
      this.outcomes.push('ok');
      this.isUp = true;
      return result;
    } catch (error) {
      this.outcomes.push('failed');
      throw error;
    }
  }
}

export function voiceOf(
  synthesizer: Synthesizer,
  clock: Clock,
  about: {
    guard?: Guard;
    files?: PromptFiles | null;
    concurrency?: number;
    preload?: () => Promise<void>;
    log?: Log;
  } = {},
): VendorVoice {
  const { guard = new FakeGuard(), files = null, concurrency = 4, log = silentLog } = about;
  const preload = about.preload ?? (async () => {});
  return new VendorVoice({ synthesizer, guard, files, concurrency, preload, clock, log, random: () => 0 });
}

export function failure(fault: ProviderFault, retryAfterMs?: number): ProviderError {
  return new ProviderError(`${fault} failure`, {
    provider: 'fake',
    fault,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Lets everything happen that needs no time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}
