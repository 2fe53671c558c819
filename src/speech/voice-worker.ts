/**
 * Entry of the voice thread (`VoiceWorkerStart` as workerData): the one thread that synthesizes. It says `voice.ready`
 * once the synthesizer is loaded and has spoken; what is wanted before that waits in the port.
 */
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { TELEPHONE_FORMAT } from '../audio/audio-format.ts';
import type { FromVoice, PromptWanted } from '../channel/voice-messages.ts';
import type { VoiceWorkerStart } from '../channel/voice-start.ts';
import { systemClock } from '../clock.ts';
import { createLog } from '../log.ts';
import { FLITE_DEFAULT_VOICE, FLITE_VOICES, FliteSynthesizer } from './builtin/flite-synthesizer.ts';
import { PromptCache } from './prompt-cache.ts';
import { PromptFiles } from './prompt-files.ts';
import { PromptMaker } from './prompt-maker.ts';
import { VoiceThread } from './voice-thread.ts';

const start = workerData as VoiceWorkerStart;
const port = parentPort as MessagePort;
const log = createLog({ level: start.logLevel, logPii: start.logPii }).child({ workerId: 'voice' });
const send = (message: FromVoice): void => port.postMessage(message);

const maker = new PromptMaker(FliteSynthesizer.load(), systemClock);
// The first words of a fresh module cost twice the time of the next; nobody shall wait for that.
await maker.make(
  'warm-up',
  { kind: 'text', text: 'Ready.', voice: FLITE_DEFAULT_VOICE, language: 'en' },
  TELEPHONE_FORMAT,
);
const voice = new VoiceThread({ cache: new PromptCache(maker, await openFiles(), log), send, log });
port.on('message', (wanted: PromptWanted) => voice.want(wanted));
send({ kind: 'voice.ready', provider: maker.provider, voices: FLITE_VOICES });

/** Without its folder the voice still speaks, only slower at the next start. */
async function openFiles(): Promise<PromptFiles | null> {
  const files = new PromptFiles(join(start.dataDir, 'prompts'), maker.provider);
  try {
    await files.open();
    return files;
  } catch (err) {
    log.warn({ event: 'prompt.not-kept', err }, 'prompts cannot be kept on disk; each start makes them anew');
    return null;
  }
}
