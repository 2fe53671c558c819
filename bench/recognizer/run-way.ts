/** One way, in a process that does nothing else: prints its CPU a request, in ms, as JSON. */
import type { PcmAudio } from '../../src/audio/audio-format.ts';
import { type Transcribe, WAYS } from './ways.ts';

/** A call worker lives for days; the compiler takes some thousand requests to be done with this path. */
const WARM_UP_REQUESTS = 5000;
const ROUNDS = 9;
const REQUESTS_A_ROUND = 500;
/** At once, as in a call worker with some forty calls. */
const AT_ONCE = 4;

const [name = '', baseURL = ''] = process.argv.slice(2);
const way = WAYS[name];
if (way === undefined) throw new Error(`Expected one of ${Object.keys(WAYS).join('; ')}, received ${name}`);
const transcribe = way(baseURL);
const utterance = speechLike(2000);
await run(transcribe, WARM_UP_REQUESTS);
const roundsMs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const before = process.cpuUsage();
  await run(transcribe, REQUESTS_A_ROUND);
  const { user, system } = process.cpuUsage(before);
  roundsMs.push((user + system) / 1000 / REQUESTS_A_ROUND);
}
roundsMs.sort((a, b) => a - b);
process.send?.({ leastMs: roundsMs[0], medianMs: roundsMs[Math.floor(ROUNDS / 2)] });
process.disconnect();
// Kept connections would hold the process.
process.exit();

async function run(what: Transcribe, requests: number): Promise<void> {
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      if ((await what(utterance)) !== 'yes') throw new Error('Expected the transcript, received another');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Telephone audio; what it says does not matter to the cost. */
function speechLike(durationMs: number): PcmAudio {
  const samples = Int16Array.from({ length: durationMs * 8 }, (_, at) =>
    Math.round(6000 * Math.sin(at / 6) * Math.sin(at / 900)),
  );
  return { samples, sampleRateHz: 8000 };
}
