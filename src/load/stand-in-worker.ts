/**
 * The thread of the stand-in recognizer: the strict simulated OpenAI over HTTP, which hears by the marker in the callers'
 * words. Tells where it listens, and what it had to hear when it is asked.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { OpenAiVendor } from '../simulator/vendors/openai-vendor.ts';
import { readMarker } from './marker.ts';
import type { StandInCounts } from './stand-in-recognizer.ts';

const { latencyMs, port } = workerData as { readonly latencyMs: number; readonly port: number };
let unclear = 0;
const vendor = await OpenAiVendor.listen({
  clock: systemClock,
  latencyMs,
  port,
  transcribe: ({ samples, sampleRateHz }) => {
    // It keeps what it was sent, for tests; a load would fill the memory with it.
    vendor.utterances.length = 0;
    const word = readMarker(samples, sampleRateHz);
    if (word === null) unclear += 1;
    return word ?? '';
  },
});
parentPort?.on('message', () => {
  const counts: StandInCounts = {
    accepted: vendor.server.requestsAccepted,
    rejected: vendor.server.requestsRejected,
    unclear,
  };
  parentPort?.postMessage(counts);
});
parentPort?.postMessage({ baseUrl: vendor.baseUrl, apiKey: vendor.apiKey });
