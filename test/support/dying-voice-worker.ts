/** A voice thread that dies of its first prompt, and speaks when it is started again; of a `killer` it dies always. What it says is one step of silence. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { FromVoice, PromptWanted } from '../../src/channel/voice-messages.ts';
import type { VoiceWorkerStart } from '../../src/channel/voice-start.ts';

const port = parentPort as MessagePort;
const died = join((workerData as VoiceWorkerStart).dataDir, 'died');
const hasDied = existsSync(died);
const shared = (bytes: Uint8Array) => {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
};

port.on('message', (wanted: PromptWanted) => {
  if (!hasDied || wanted.key.startsWith('killer')) {
    writeFileSync(died, '');
    process.exit(1);
  }
  const audio = new Uint8Array(480).fill(0xff);
  port.postMessage({
    kind: 'prompt.ready',
    key: wanted.key,
    format: wanted.format,
    wire: shared(Buffer.from(Buffer.from(audio).toString('base64'))),
    levels: shared(new Uint8Array(3)),
    audioBytes: audio.length,
    durationMs: 60,
    provider: 'test',
    isStandIn: false,
  } satisfies FromVoice);
});
port.postMessage({ kind: 'voice.ready', provider: 'test', voices: [] } satisfies FromVoice);
