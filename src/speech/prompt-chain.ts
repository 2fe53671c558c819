/**
 * From a wanted prompt to a ready one: the vendors in their order, each with what it has on disk before it is asked. What
 * another than the first has spoken is a stand-in: right for the caller who waits, and to be replaced. Voice thread.
 */
import type { AudioFormat } from '../audio/audio-format.ts';
import type { ReadyPrompt } from '../audio/ready-prompt.ts';
import type { Clock } from '../clock.ts';
import { ProviderError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PromptSource } from './prompt.ts';
import { PromptBudget, type PromptPlan } from './prompt-budget.ts';
import { recordedPrompt } from './recorded-prompt.ts';
import type { SpokenRequest, VendorVoice } from './vendor-voice.ts';

export interface PromptRequest {
  readonly key: string;
  readonly source: PromptSource;
  readonly format: AudioFormat;
}

export interface MadePrompt {
  readonly prompt: ReadyPrompt;
  /** Who spoke; `recording` for a file of the flow. */
  readonly provider: string;
  readonly isStandIn: boolean;
}

export interface PromptChainParts {
  /** In the order in which they are asked. */
  readonly voices: readonly [VendorVoice, ...VendorVoice[]];
  /** Names of voices that a flow may always use, whoever speaks in the end. */
  readonly knownVoices: readonly string[];
  /** For a caller who waits. */
  readonly urgent: PromptPlan;
  readonly clock: Clock;
  readonly log: Log;
}

/** Nobody waits for these; a vendor that is slow today shall have its time. */
const AHEAD: PromptPlan = {
  totalMs: 60_000,
  // Three at a time, and the vendor counts as down: a vendor that hangs keeps a start for 10 s.
  exchangeMs: 10_000,
  stallMs: 5_000,
  triesMax: 4,
  isKept: true,
};
const neverAborted = new AbortController().signal;

export class PromptChain {
  readonly #parts: PromptChainParts;

  constructor(parts: PromptChainParts) {
    this.#parts = parts;
  }

  /** Whose speech is wanted. */
  get provider(): string {
    return this.#parts.voices[0].provider;
  }

  /**
   * What needs no vendor: a recording, or what the first vendor spoke before. A recording is converted anew each time: its
   * key names the path, not the sound. Rejects with ConfigError for a recording that cannot be played, and for a voice that
   * nobody has with a `refused` ProviderError.
   */
  async find(request: PromptRequest): Promise<MadePrompt | null> {
    const { key, source, format } = request;
    if (source.kind === 'audio') {
      return { prompt: recordedPrompt(key, source.path, format), provider: 'recording', isStandIn: false };
    }
    const prompt = await this.#parts.voices[0].find(this.#spokenRequest(request));
    return prompt === null ? null : { prompt, provider: this.provider, isStandIn: false };
  }

  /** Whoever can. Settles within the plan's time; rejects with what each vendor said, or with the signal's reason. */
  async make(request: PromptRequest, isUrgent: boolean, signal: AbortSignal): Promise<MadePrompt> {
    const { voices, urgent, clock, log } = this.#parts;
    const spoken = this.#spokenRequest(request);
    const budget = new PromptBudget(isUrgent ? urgent : AHEAD, clock, signal);
    const failures: unknown[] = [];
    for (const voice of voices) {
      const { provider } = voice;
      const isStandIn = voice !== voices[0];
      const isLast = voice === voices.at(-1);
      const kept = await voice.find(spoken);
      if (kept !== null) return { prompt: kept, provider, isStandIn };
      if (!voice.guard.isUsable()) {
        failures.push(passedOver(provider));
        this.#tryOnTheSide(voice, spoken);
        continue;
      }
      if (!budget.hasTime(isLast)) continue;
      try {
        return { prompt: await voice.make(spoken, budget, isLast), provider, isStandIn };
      } catch (thrown) {
        signal.throwIfAborted();
        failures.push(thrown);
        if (!isLast)
          log.warn(
            { event: 'prompt.passed-on', promptKey: request.key, provider, err: thrown },
            'the next vendor speaks',
          );
      }
    }
    throw toOneError(failures);
  }

  /** The first vendor alone, in its own time: what replaces a stand-in. Rejects as that vendor does. */
  async makeByFirst(request: PromptRequest): Promise<MadePrompt> {
    const [first] = this.#parts.voices;
    const spoken = this.#spokenRequest(request);
    const { guard, provider } = first;
    const kept = await first.find(spoken);
    if (kept !== null) return { prompt: kept, provider, isStandIn: false };
    if (!guard.isUsable() && !guard.isTrialDue()) throw passedOver(provider);
    const budget = new PromptBudget(AHEAD, this.#parts.clock, neverAborted);
    return { prompt: await first.make(spoken, budget, true), provider, isStandIn: false };
  }

  /** Nobody waits for it; it tells the guard whether the vendor is back, and is on disk then. */
  #tryOnTheSide(voice: VendorVoice, request: SpokenRequest): void {
    if (!voice.guard.isTrialDue()) return;
    voice.make(request, new PromptBudget(AHEAD, this.#parts.clock, neverAborted), true).catch(() => {});
  }

  #spokenRequest({ key, source, format }: PromptRequest): SpokenRequest {
    const { voices, knownVoices } = this.#parts;
    if (source.kind === 'audio') throw refused('a text to speak, received a recording', this.provider);
    const { voice } = source;
    if (!knownVoices.includes(voice) && !voices.some(({ synthesizer }) => synthesizer.isVoice(voice))) {
      throw refused(
        `one of ${knownVoices.join(', ')}, or a voice of ${voices.map(({ provider }) => provider).join(' or ')}, for voice, received ${JSON.stringify(voice)}`,
        this.provider,
      );
    }
    return { key, source, format };
  }
}

function refused(expected: string, provider: string): ProviderError {
  return new ProviderError(`Expected ${expected}`, { provider, fault: 'refused' });
}

function passedOver(provider: string): ProviderError {
  return new ProviderError(`Expected ${provider} to be up; it is passed over until a trial succeeds`, {
    provider,
    fault: 'transient',
  });
}

/** The first vendor's own error where it is the only one; else a sentence of all of them, with the first one's fault. */
function toOneError(failures: readonly unknown[]): unknown {
  const [first] = failures;
  if (failures.length < 2) return first;
  const message = failures
    .map((thrown) => (thrown instanceof Error ? thrown.message : String(thrown)))
    .join('; ');
  const { provider, fault } =
    first instanceof ProviderError ? first : { provider: 'all', fault: 'transient' as const };
  return new ProviderError(message, { provider, fault });
}
