/** A voice thread that makes nothing, and tells what it was asked for as a finding about a vendor. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { FromVoice, PromptWanted } from '../../src/channel/voice-messages.ts';

const port = parentPort as MessagePort;
port.on('message', ({ key, isUrgent }: PromptWanted) => {
  port.postMessage({
    kind: 'vendor.checked',
    provider: 'test',
    level: 'ok',
    text: `${key} ${isUrgent ? 'urgently' : 'ahead'}`,
  } satisfies FromVoice);
});
