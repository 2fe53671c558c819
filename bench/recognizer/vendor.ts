/** The simulated OpenAI in a process of its own, so that its work is not counted: 5 ms late, and it says where it is. */
import { systemClock } from '../../src/clock.ts';
import { OpenAiVendor } from '../../src/simulator/vendors/openai-vendor.ts';

const vendor = await OpenAiVendor.listen({ clock: systemClock, apiKey: 'sk-bench', latencyMs: 5 });
// It keeps what it receives for assertions; a benchmark sends gigabytes.
setInterval(() => {
  vendor.utterances.length = 0;
  vendor.realtime.commits.length = 0;
  vendor.realtime.events.length = 0;
}, 100);
process.send?.(vendor.baseUrl);
