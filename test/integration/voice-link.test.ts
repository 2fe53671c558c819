import { expect, it, onTestFinished, vi } from 'vitest';
import type { PromptWanted } from '../../src/channel/voice-messages.ts';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { PromptRegistry } from '../../src/media/prompt-registry.ts';
import { VoiceLink } from '../../src/voice-link.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function linkToDyingThread() {
  const registry = new PromptRegistry();
  const failed: string[] = [];
  const link = new VoiceLink({
    workerUrl: new URL('../support/dying-voice-worker.ts', import.meta.url),
    start: { dataDir: temporaryFolder(), logLevel: 'silent', logPii: false },
    registry,
    clock: systemClock,
    log: createLog({ level: 'silent' }),
    onFailed: (key) => failed.push(key),
    onReady: () => {},
  });
  onTestFinished(() => link.close());
  return { link, registry, failed };
}

const wanted = (key: string): PromptWanted => ({
  kind: 'prompt.wanted',
  key,
  format: 'mulaw-8000',
  source: { kind: 'text', text: key, voice: 'slt', language: 'en' },
});

it('starts a voice thread that died again, and asks it for what was not answered', async () => {
  const { link, registry, failed } = linkToDyingThread();
  link.want(wanted('hello'));
  await vi.waitFor(() => expect(registry.has('hello')).toBe(true), { timeout: 10_000 });
  expect(failed).toEqual([]);
  expect(link.provider).toBe('test');
});

it("carries a worker's wishes also after the thread that it began with has died", async () => {
  const { link, registry } = linkToDyingThread();
  const port = link.openPort();
  onTestFinished(() => port.close());
  port.postMessage(wanted('first'));
  await vi.waitFor(() => expect(registry.has('first')).toBe(true), { timeout: 10_000 });
  port.postMessage(wanted('second'));
  await vi.waitFor(() => expect(registry.has('second')).toBe(true), { timeout: 10_000 });
});
