import type { SpeechSettings } from './speech-settings.ts';

/** What the voice thread is given when it is made (`workerData`). Its port then takes `PromptWanted` and gives `FromVoice`. */
export interface VoiceWorkerStart {
  readonly speech: SpeechSettings;
  /** Of finished prompts on disk. */
  readonly promptBytesMax: number;
  /** Absolute. Finished prompts are kept in its `prompts` folder. */
  readonly dataDir: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logPii: boolean;
  /** Of this thread (`meter/`). */
  readonly meter?: SharedArrayBuffer;
}
