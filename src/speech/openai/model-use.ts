/** Which of the configured models are in use, what for, and what the operator can do when one ends. */
import type { OpenAiSettings } from '../../channel/speech-settings.ts';

export type OpenAiUse = 'transcription' | 'live' | 'speech' | 'understanding';

export interface ModelUse {
  readonly provider: string;
  readonly setting: string;
  readonly model: string;
  /** What to do when it ends or is not there; a clause. */
  readonly cure: string;
}

/** One for each distinct model. */
export function modelUses(settings: OpenAiSettings, uses: readonly OpenAiUse[]): ModelUse[] {
  const byModel = new Map<string, ModelUse>();
  for (const use of uses) {
    const found = modelUse(settings, use);
    if (found !== null && !byModel.has(found.model)) byModel.set(found.model, found);
  }
  return [...byModel.values()];
}

function modelUse(settings: OpenAiSettings, use: OpenAiUse): ModelUse | null {
  switch (use) {
    case 'transcription':
      return {
        provider: 'openai',
        setting: 'OPENAI_TRANSCRIBE_MODEL',
        model: settings.transcribeModel,
        cure: 'set OPENAI_TRANSCRIBE_MODEL to gpt-transcribe',
      };
    case 'live':
      return {
        provider: 'openai-live',
        setting: 'OPENAI_LIVE_MODEL',
        model: settings.liveModel,
        cure: 'set OPENAI_LIVE_MODEL to gpt-live-transcribe',
      };
    case 'speech':
      return {
        provider: 'openai',
        setting: 'OPENAI_TTS_MODEL',
        model: settings.speechModel,
        cure: 'name another vendor first in SYNTHESIZERS, since OpenAI has named no model to follow it',
      };
    case 'understanding':
      return settings.understandingModel === null
        ? null
        : {
            provider: 'openai',
            setting: 'UNDERSTANDING_MODEL',
            model: settings.understandingModel,
            cure: 'set UNDERSTANDING_MODEL to a newer model',
          };
  }
}
