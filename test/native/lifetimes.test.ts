import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { addon } from '../../src/audio/addon.ts';
import type { NativeStreamReceiver } from '../../src/audio/addon-types.ts';
import { speech } from '../support/signals.ts';
import { WireCaller } from '../support/wire-caller.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const NONE = { receivers: 0, resamplers: 0 };

/** Finalizers run on turns of the loop after a collection; as many turns as it takes, up to a bound. */
async function collectUntil(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 50 && !isDone(); turn++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('close frees at once, twice does no harm, and later calls do nothing', () => {
  const caller = new WireCaller({}).says(speech(400, -26));
  const { receiver } = caller;
  const counters = receiver.counters();
  const message = caller.message(new Uint8Array(160));
  receiver.close();
  receiver.close();
  expect(addon.liveObjects().receivers).toBe(0);
  expect(receiver.receive(message, -100)).toBe(0);
  expect(receiver.receiveAudio(new Uint8Array(160), -100)).toBe(0);
  receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 1000, provisionalMs: 200, chunkMs: 100 });
  receiver.armNoInput(100);
  receiver.disarmNoInput();
  receiver.discardSpeech();
  receiver.stopListening();
  receiver.setStreamSid('MZ');
  expect(receiver.takeUtterance()).toBeNull();
  expect(receiver.copySpeech(0)).toBeNull();
  expect(receiver.speechVoicedMs()).toBe(0);
  expect(receiver.levelDbfs()).toBe(-100);
  expect(receiver.isSpeech()).toBe(false);
  expect(receiver.counters()).toEqual(counters);
  expect(receiver.mediaMs()).toBe(400);
});

/** In a function of its own, so that no variable of the test holds the last of them. */
function makeAndForget(kept: NativeStreamReceiver[]): void {
  for (let index = 0; index < 40; index++) {
    const caller = new WireCaller({}).says(speech(400, -26, index));
    if (index % 10 === 0) kept.push(caller.receiver);
    new addon.Resampler(8000, 16_000).reset();
  }
}

it('objects that nobody closed are freed by the collector, and live ones survive it', async () => {
  const kept: NativeStreamReceiver[] = [];
  makeAndForget(kept);
  await collectUntil(() => addon.liveObjects().receivers === 4 && addon.liveObjects().resamplers === 0);
  expect(addon.liveObjects()).toEqual({ receivers: 4, resamplers: 0 });
  for (const receiver of kept) {
    expect(receiver.receiveAudio(new Uint8Array(160).fill(0xff), -100)).toBeGreaterThan(0);
    receiver.close();
  }
  expect(addon.liveObjects()).toEqual(NONE);
});

it('a constructor that throws leaves nothing behind', () => {
  expect(() => new addon.Resampler(1, 2)).toThrow(RangeError);
  expect(() => new addon.StreamReceiver({ codec: 'alaw', sampleRateHz: 44_100 })).toThrow(RangeError);
  expect(addon.liveObjects()).toEqual(NONE);
});

it('an utterance belongs to the engine: it can be transferred', () => {
  const caller = new WireCaller({});
  caller.listen();
  const noise = new Int16Array(8000);
  caller.says(noise).says(speech(400, -26)).says(noise);
  const { buffer } = caller.utterances[0]!.samples;
  expect(structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }).byteLength).toBeGreaterThan(0);
  expect(buffer.byteLength).toBe(0);
  caller.receiver.close();
});

it('fifty workers, terminated in the middle of their calls, leave nothing', async () => {
  const before = addon.liveObjectsInProcess();
  const addonFile = new URL('../../build/Release/trunkline.node', import.meta.url).pathname;
  const source = `
    const { parentPort } = require('node:worker_threads');
    const addon = require(${JSON.stringify(addonFile)});
    const receivers = Array.from({ length: 20 }, () => new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 }));
    for (const receiver of receivers) receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 5000, provisionalMs: 200, chunkMs: 100 });
    const resampler = new addon.Resampler(44100, 8000);
    const payload = Uint8Array.from({ length: 800 }, (_, at) => (at * 7919) % 251);
    const input = new Int16Array(4410), output = new Int16Array(1000);
    parentPort.postMessage('working');
    for (;;) {
      for (const receiver of receivers) { receiver.receiveAudio(payload, -100); receiver.takeUtterance(); receiver.copySpeech(0); }
      resampler.process(input, output);
    }`;
  for (let batch = 0; batch < 10; batch++) {
    const workers = Array.from({ length: 5 }, () => new Worker(source, { eval: true }));
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
    expect(addon.liveObjectsInProcess().receivers).toBe(before.receivers + 100);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  expect(addon.liveObjectsInProcess()).toEqual(before);
}, 60_000);
