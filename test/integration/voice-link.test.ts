import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { PromptWanted } from '../../src/channel/voice-messages.ts';
import { systemClock } from '../../src/clock.ts';
import { PromptRegistry } from '../../src/media/prompt-registry.ts';
import { VoiceLink } from '../../src/voice-link.ts';
import { keptLog } from '../support/silent-log.ts';
import { speechSettings } from '../support/speech-settings.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** It dies of its first prompt, unless it `hasDied` before. */
function linkToDyingThread({ hasDied = false, registry = new PromptRegistry() } = {}) {
  const failed: string[] = [];
  const ready: string[] = [];
  const { log, lines } = keptLog();
  const dataDir = temporaryFolder();
  if (hasDied) writeFileSync(join(dataDir, 'died'), '');
  const link = new VoiceLink({
    workerUrl: new URL('../support/dying-voice-worker.ts', import.meta.url),
    start: { dataDir, logLevel: 'silent', logPii: false, speech: speechSettings(), promptBytesMax: 1e6 },
    registry,
    clock: systemClock,
    log,
    onFailed: (key) => failed.push(key),
    onReady: (key) => ready.push(key),
  });
  onTestFinished(() => link.close());
  const deaths = () => lines().filter(({ event }) => event === 'voice.lost');
  return { link, registry, failed, ready, deaths };
}

const wanted = (key: string): PromptWanted => ({
  kind: 'prompt.wanted',
  key,
  format: 'mulaw-8000',
  source: { kind: 'text', text: key, voice: 'slt', language: 'en' },
  isUrgent: true,
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

it('asks once for a prompt that is owed, however often it is wanted', async () => {
  const { link, registry, ready } = linkToDyingThread({ hasDied: true });
  for (const key of ['hello', 'hello', 'last']) link.want(wanted(key));
  await vi.waitFor(() => expect(registry.has('last')).toBe(true), { timeout: 10_000 });
  expect(ready).toEqual(['hello', 'last']);
});

it('asks once more for a prompt that has become urgent, and tells what the thread says of vendors', async () => {
  const said: string[] = [];
  const link = new VoiceLink({
    workerUrl: new URL('../support/telling-voice-worker.ts', import.meta.url),
    start: {
      dataDir: temporaryFolder(),
      logLevel: 'silent',
      logPii: false,
      speech: speechSettings(),
      promptBytesMax: 1e6,
    },
    registry: new PromptRegistry(),
    clock: systemClock,
    log: keptLog().log,
    onFailed: () => {},
    onReady: () => {},
    onVendor: (message) =>
      said.push(message?.kind === 'vendor.checked' ? message.text : (message?.kind ?? 'gone')),
  });
  onTestFinished(() => link.close());
  for (const isUrgent of [false, false, true, true, false]) link.want({ ...wanted('hello'), isUrgent });
  link.want(wanted('last'));
  await vi.waitFor(() => expect(said).toEqual(['hello ahead', 'hello urgently', 'last urgently']));
});

it('has a prompt made again that the registry has dropped', async () => {
  const roomForOne = new PromptRegistry({ bytesMax: 1000, waitersPerKeyMax: 1 });
  const { link, registry } = linkToDyingThread({ hasDied: true, registry: roomForOne });
  const port = link.openPort();
  onTestFinished(() => port.close());
  for (const key of ['first', 'second', 'first']) {
    port.postMessage(wanted(key));
    await vi.waitFor(() => expect(registry.has(key)).toBe(true), { timeout: 10_000 });
  }
});

it('gives up a prompt that it owed at two deaths in a row, and speaks on', async () => {
  const { link, registry, failed, deaths } = linkToDyingThread({ hasDied: true });
  const told: string[] = [];
  registry.wait('killer', { promptReady: () => {}, promptFailed: (key) => told.push(key) });
  link.want(wanted('killer'));
  await vi.waitFor(() => expect(failed).toEqual(['killer']), { timeout: 10_000 });
  expect(told).toEqual(['killer']);
  link.want(wanted('hello'));
  await vi.waitFor(() => expect(registry.has('hello')).toBe(true), { timeout: 10_000 });
  expect(deaths()).toHaveLength(2);
});

it('waits longer with every death until a prompt was made', async () => {
  const { link, registry, failed, deaths } = linkToDyingThread({ hasDied: true });
  const delaysMs = () => deaths().map(({ delayMs }) => delayMs);
  link.want(wanted('killer'));
  await vi.waitFor(() => expect(delaysMs()).toEqual([250, 500]), { timeout: 10_000 });
  link.want(wanted('hello'));
  await vi.waitFor(() => expect(registry.has('hello')).toBe(true), { timeout: 10_000 });
  link.want(wanted('killer'));
  await vi.waitFor(() => expect(delaysMs()).toEqual([250, 500, 250, 500]), { timeout: 10_000 });
  expect(failed).toEqual(['killer', 'killer']);
});
