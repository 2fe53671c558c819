/**
 * What the calls of one worker listen and understand by, out of the settings: the recognizers as one chain, each remote one
 * with its guard. Vendor packages are loaded here, when the worker starts and only if they are configured.
 */
import type { RecognizerName, SpeechSettings } from '../channel/speech-settings.ts';
import type { VendorHealth } from '../channel/vendor-messages.ts';
import type { Clock } from '../clock.ts';
import { loadBuiltinRecognizer } from './builtin/load-recognizer.ts';
import { GuardedUnderstanding } from './guarded-understanding.ts';
import type { Recognizer } from './recognizer.ts';
import { RecognizerChain, type RecognizerLink } from './recognizer-chain.ts';
import { createTellingGuard } from './resilience/telling-guard.ts';
import { VendorTally } from './resilience/vendor-tally.ts';
import { TurnSlots } from './turn-slots.ts';
import type { Understanding } from './understanding.ts';

/** Requests at once of one worker; LeanFetch has as many sockets, so that none waits in there uncounted. */
const REQUESTS_MAX = 256;
/** Some 10 ms each, one after the other, for who waits no longer than 2 s (recognizer-chain). */
const BUILTIN_WAITING_MAX = 200;
const VENDOR_WAITING_MAX = 256;

export interface CallSpeech {
  readonly recognizer: Recognizer;
  /** Null: what no rule reads stays unclear. */
  readonly understanding: Understanding | null;
  /** A vendor's answer takes long enough to ask for it in the caller's first pause. */
  readonly speculates: boolean;
  readonly tally: VendorTally;
}

export interface CallSpeechParts {
  readonly settings: SpeechSettings;
  readonly clock: Clock;
  readonly tell: (health: VendorHealth) => void;
}

/** Rejects with AddonError or InvalidStateError when the installation is not whole. */
export async function loadCallSpeech(parts: CallSpeechParts): Promise<CallSpeech> {
  const { settings } = parts;
  const links: RecognizerLink[] = [];
  for (const name of settings.recognizers) {
    const recognizer = await loadRecognizer(name, parts);
    const guard = name === 'builtin' ? null : createTellingGuard('recognizer', recognizer.provider, parts);
    links.push({ recognizer, guard, slots: createSlots(name, parts) });
  }
  const tally = new VendorTally();
  return {
    recognizer: chainOf(links, tally, parts),
    understanding: await loadUnderstanding(tally, parts),
    speculates: settings.speculates && links.some(({ guard }) => guard !== null),
    tally,
  };
}

function chainOf(
  links: readonly RecognizerLink[],
  tally: VendorTally,
  { clock, settings }: CallSpeechParts,
): Recognizer {
  const { apiDeadlineMs, turnDeadlineMs } = settings;
  return new RecognizerChain({ links, clock, apiDeadlineMs, turnDeadlineMs, tally });
}

/** The live one has its own bound, in connections, since it is with the vendor while the caller speaks (live-pool.ts). */
function createSlots(name: RecognizerName, { clock }: CallSpeechParts): TurnSlots | null {
  switch (name) {
    case 'openai':
      return new TurnSlots({
        clock,
        provider: name,
        places: REQUESTS_MAX,
        waitingMax: VENDOR_WAITING_MAX,
        isBlocking: false,
      });
    case 'builtin':
      return new TurnSlots({
        clock,
        provider: name,
        places: 1,
        waitingMax: BUILTIN_WAITING_MAX,
        isBlocking: true,
      });
    case 'openai-live':
      return null;
  }
}

async function loadRecognizer(
  name: RecognizerName,
  { clock, settings: { openai } }: CallSpeechParts,
): Promise<Recognizer> {
  switch (name) {
    case 'openai': {
      const { OpenAiRecognizer } = await import('./openai/openai-recognizer.ts');
      const { TranscriptionApi } = await import('./openai/transcription-api.ts');
      const api = new TranscriptionApi({ settings: openai, clock });
      return new OpenAiRecognizer(api, openai.transcribeModel);
    }
    case 'openai-live': {
      const { OpenAiLiveRecognizer } = await import('./openai/openai-live-recognizer.ts');
      const live = new OpenAiLiveRecognizer(openai, clock);
      // The first caller finds a connection that is open already.
      live.warm();
      return live;
    }
    case 'builtin':
      return loadBuiltinRecognizer();
  }
}

async function loadUnderstanding(tally: VendorTally, parts: CallSpeechParts): Promise<Understanding | null> {
  const { clock, settings } = parts;
  const { understandingModel } = settings.openai;
  if (understandingModel === null) return null;
  const { OpenAiUnderstanding } = await import('./openai/openai-understanding.ts');
  const { OpenAiApi } = await import('./openai/openai-api.ts');
  const api = new OpenAiApi({ settings: settings.openai, clock, body: 'whole' });
  const understanding = new OpenAiUnderstanding(api, understandingModel);
  const guard = createTellingGuard('understanding', understanding.provider, parts);
  return new GuardedUnderstanding({
    understanding,
    guard,
    clock,
    tally,
    apiDeadlineMs: settings.apiDeadlineMs,
  });
}
