/**
 * Whether the configured vendors will serve us, asked once at the start: keys, voice, models and how long they have yet.
 * Voice thread, since the packages that ask are loaded there anyway.
 */
import type { SpeechSettings } from '../channel/speech-settings.ts';
import type { VendorChecked } from '../channel/vendor-messages.ts';
import type { Clock } from '../clock.ts';
import { within } from './resilience/within.ts';

const DEADLINE_MS = 10_000;

/** One finding or more for each vendor; one that does not answer in 10 s is a finding, too. Never rejects. */
export async function checkVendors(speech: SpeechSettings, clock: Clock): Promise<readonly VendorChecked[]> {
  const findings = await Promise.all([
    inTime('openai', clock, (signal) => checkOpenAiUses(speech, clock, signal)),
    inTime('elevenlabs', clock, (signal) => checkElevenLabsUse(speech, clock, signal)),
  ]);
  return findings.flat();
}

async function checkOpenAiUses(
  { openai, recognizers, synthesizers }: SpeechSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly VendorChecked[]> {
  const uses = [
    ...(recognizers.includes('openai') ? (['transcription'] as const) : []),
    ...(recognizers.includes('openai-live') ? (['live'] as const) : []),
    ...(synthesizers.includes('openai') ? (['speech'] as const) : []),
    ...(openai.understandingModel === null ? [] : (['understanding'] as const)),
  ];
  if (uses.length === 0) return [];
  const { checkOpenAi } = await import('./openai/check-openai.ts');
  return checkOpenAi(openai, uses, clock, signal);
}

async function checkElevenLabsUse(
  { elevenlabs, synthesizers }: SpeechSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly VendorChecked[]> {
  if (elevenlabs === null || !synthesizers.includes('elevenlabs')) return [];
  const { checkElevenLabs } = await import('./elevenlabs/check-elevenlabs.ts');
  return checkElevenLabs(elevenlabs, signal, clock);
}

async function inTime(
  provider: string,
  clock: Clock,
  check: (signal: AbortSignal) => Promise<readonly VendorChecked[]>,
): Promise<readonly VendorChecked[]> {
  try {
    return await within(clock, DEADLINE_MS, `an answer of ${provider} to the check at start`, check);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : 'it failed';
    const text = `${provider} could not be checked: ${why}. Calls go on with the next vendor while it does not answer.`;
    return [{ kind: 'vendor.checked', provider, level: 'error', text }];
  }
}
