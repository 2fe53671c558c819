/** A simulated ElevenLabs, and the settings of a server that uses it. */
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { ElevenLabsSettings, SpeechSettings } from '../../src/channel/speech-settings.ts';
import { systemClock } from '../../src/clock.ts';
import {
  ElevenLabsVendor,
  type ElevenLabsVendorOptions,
} from '../../src/simulator/vendors/elevenlabs-vendor.ts';
import { faultQueue, type VendorFault } from '../../src/simulator/vendors/vendor-fault.ts';
import { speechSettings } from './speech-settings.ts';

export const ELEVENLABS_KEY = 'sk_a-key-that-no-log-may-hold';
export const ELEVENLABS_VOICE = 'JBFqnCBsd6RMkjVDRZzb';

export function mp3Fixture(sampleRateHz: number): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/mp3/speech-${sampleRateHz}.mp3`, import.meta.url)));
}

/** Closed after the test. `faults`: one a request, in order. */
export async function elevenLabsVendor(
  options: Partial<ElevenLabsVendorOptions> & { faults?: readonly VendorFault[] } = {},
): Promise<ElevenLabsVendor> {
  const { faults, ...rest } = options;
  const vendor = await ElevenLabsVendor.listen({
    clock: systemClock,
    apiKey: ELEVENLABS_KEY,
    voiceIds: [ELEVENLABS_VOICE],
    mp3: mp3Fixture,
    ...(faults === undefined ? {} : { fault: faultQueue(faults) }),
    ...rest,
  });
  onTestFinished(() => vendor.close());
  return vendor;
}

/** As the server would have them from the vendor's address and this environment. */
export function elevenLabsSpeechSettings(
  origin: string,
  environment: Readonly<Record<string, string>> = {},
): SpeechSettings {
  return speechSettings({ ELEVENLABS_API_KEY: ELEVENLABS_KEY, ELEVENLABS_BASE_URL: origin, ...environment });
}

export function elevenLabsSettings(
  origin: string,
  environment: Readonly<Record<string, string>> = {},
): ElevenLabsSettings {
  return elevenLabsSpeechSettings(origin, environment).elevenlabs!;
}
