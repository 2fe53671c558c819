/** A simulated OpenAI and what the server talks to it with; both are gone when the test is over. */
import { onTestFinished } from 'vitest';
import type { OpenAiSettings } from '../../src/channel/speech-settings.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { OpenAiVendor, type OpenAiVendorOptions } from '../../src/simulator/vendors/openai-vendor.ts';
import { OpenAiApi } from '../../src/speech/openai/openai-api.ts';
import { OpenAiLiveRecognizer } from '../../src/speech/openai/openai-live-recognizer.ts';
import { TranscriptionApi } from '../../src/speech/openai/transcription-api.ts';
import type { SpeechExpectation } from '../../src/speech/recognizer.ts';
import { speechSettings } from './speech-settings.ts';

export const YES_NO: SpeechExpectation = { kind: 'yes-no', language: 'en-US', keywords: ['yes', 'no'] };
export const API_KEY = 'sk-secret-of-the-test';

export interface OpenAiRig {
  readonly vendor: OpenAiVendor;
  readonly settings: OpenAiSettings;
  readonly api: OpenAiApi;
  readonly transcriptions: TranscriptionApi;
  live(changes?: Partial<OpenAiSettings>): OpenAiLiveRecognizer;
}

export interface RigOptions extends Partial<OpenAiVendorOptions> {
  readonly body?: 'whole' | 'stream';
  /** Of what talks to the vendor; the vendor's own is real unless it is given too. */
  readonly clientClock?: Clock;
}

export async function openAiRig(options: RigOptions = {}): Promise<OpenAiRig> {
  const { body = 'whole', clientClock = systemClock, ...vendorOptions } = options;
  const vendor = await OpenAiVendor.listen({ clock: systemClock, apiKey: API_KEY, ...vendorOptions });
  const settings = openAiSettings({ baseUrl: vendor.baseUrl });
  const api = new OpenAiApi({ settings, clock: clientClock, body });
  const transcriptions = new TranscriptionApi({ settings, clock: clientClock });
  onTestFinished(async () => {
    api.close();
    transcriptions.close();
    await vendor.close();
  });
  return {
    vendor,
    settings,
    api,
    transcriptions,
    live: (changes = {}) => {
      const recognizer = new OpenAiLiveRecognizer({ ...settings, ...changes }, clientClock);
      onTestFinished(() => recognizer.close());
      return recognizer;
    },
  };
}

export function openAiSettings(changes: Partial<OpenAiSettings>): OpenAiSettings {
  return { ...speechSettings({ OPENAI_API_KEY: API_KEY }).openai, ...changes };
}
