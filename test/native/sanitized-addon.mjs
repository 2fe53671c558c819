/**
 * Uses an addon built with sanitizers, which native/check.sh loads into Node: every face of it with good and bad arguments,
 * objects left to the collector while others live, and workers terminated in the middle of their calls. A finding ends the
 * process; otherwise it prints "1 passed, 0 failed".
 *
 *   node --expose-gc test/native/sanitized-addon.mjs ADDON
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

const WORKERS = 50;
const AT_A_TIME = 5;
const file = process.argv[2];
const addon = createRequire(import.meta.url)(file);

const use = `
  const codes = Uint8Array.from({ length: 1600 }, (_, at) => (at * 7919) % 251);
  const samples = new Int16Array(4800).map((_, at) => ((at * 7919) % 65536) - 32768);
  const text = new Uint8Array(4 * 534), back = new Uint8Array(3 * 534), output = new Int16Array(9700);
  const quietly = (call) => { try { call(); } catch {} };
  function use(addon) {
    addon.mulawDecode(codes, output);
    addon.alawDecode(codes.subarray(1, 300), output.subarray(1));
    addon.mulawEncode(samples.subarray(3), new Uint8Array(4797));
    addon.alawEncode(samples.subarray(0, 161), text);
    addon.base64Encode(codes, text);
    addon.base64Decode(text, back);
    const receiver = new addon.StreamReceiver({ codec: 'mulaw', sampleRateHz: 8000 });
    receiver.setStreamSid('MZ1');
    receiver.listen({ endOfSpeechMs: 500, maxUtteranceMs: 1000, provisionalMs: 100, chunkMs: 60 });
    receiver.armNoInput(200);
    const payload = Buffer.from(codes.subarray(0, 160)).toString('base64');
    const message = new TextEncoder().encode(JSON.stringify({ event: 'media', streamSid: 'MZ1', media: { payload } }));
    for (let frame = 0; frame < 60; frame++) {
      receiver.receive(message.buffer, -100);
      receiver.receiveAudio(frame % 20 < 10 ? codes : new Uint8Array(1600).fill(255), -20);
      receiver.takeUtterance();
      receiver.copySpeech(frame * 37);
      receiver.speechVoicedMs();
    }
    receiver.discardSpeech();
    quietly(() => receiver.receive(new Uint8Array(3), -100));
    quietly(() => receiver.receiveAudio(codes, 'loud'));
    quietly(() => receiver.copySpeech(-1));
    quietly(() => new addon.StreamReceiver({ codec: 'opus', sampleRateHz: 8000 }));
    quietly(() => addon.mulawDecode(codes, new Int16Array(1)));
    quietly(() => addon.mulawDecode(structuredClone(codes, { transfer: [] }), codes));
    const resampler = new addon.Resampler(44100, 8000);
    resampler.process(samples, output);
    quietly(() => resampler.process(samples, new Int16Array(1)));
    resampler.flush(output);
    return [receiver, resampler];
  }`;

const workerSource = `
  const { parentPort } = require('node:worker_threads');
  const addon = require(${JSON.stringify(file)});
  ${use}
  const kept = use(addon);
  parentPort.postMessage('working');
  for (;;) kept.splice(0, 2, ...use(addon));`;

const useHere = new Function(`${use}; return use;`)();
const alive = [];
for (let turn = 0; turn < 50; turn++) {
  const [receiver, resampler] = useHere(addon);
  if (turn % 5 === 0) alive.push(receiver, resampler);
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
}
for (const receiver of alive) receiver.isSpeech?.();

const before = addon.liveObjectsInProcess();
for (let made = 0; made < WORKERS; made += AT_A_TIME) {
  const workers = Array.from({ length: AT_A_TIME }, () => new Worker(workerSource, { eval: true }));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await Promise.all(workers.map((worker) => worker.terminate()));
}
const after = addon.liveObjectsInProcess();
const isClean = after.receivers <= before.receivers && after.resamplers <= before.resamplers;
process.stdout.write(
  isClean ? '1 passed, 0 failed\n' : '0 passed, 1 failed: objects of ended workers remain\n',
);
process.exitCode = isClean ? 0 : 1;
