/** Calls that break off, in every phase and in every way: what they held is given back. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { CallerControls } from '../../src/simulator/caller.ts';
import { TrunklineRig } from '../support/trunkline-rig.ts';

const CALLS = 60;
const MB = 1024 * 1024;
/** What sixty calls may leave of what only warms up once: code, caches, the memory of who called. */
const HEAP_SLACK_BYTES = 4 * MB;

let rig: TrunklineRig;

beforeAll(async () => {
  rig = await TrunklineRig.start();
}, 60_000);

afterAll(() => rig.close());

type Abort = (caller: CallerControls) => void;
const WAYS: readonly Abort[] = [
  (caller) => caller.vanish('reset'),
  (caller) => caller.vanish('fin'),
  (caller) => caller.hangUp(),
];
/** When: with the stream's start, with the first sound, in the middle of a prompt, when it is the caller's turn. */
const PHASES: readonly ((abort: Abort) => object)[] = [
  (abort) => ({ onStart: abort }),
  (abort) => ({ onAudioStart: abort }),
  (abort) => ({ onMedia: (caller: CallerControls) => caller.nowMs > 700 && abort(caller) }),
  (abort) => ({ onSilence: abort }),
];

/** Sixty, all at once. Resolves when nothing is left of them. */
async function abortedCalls(): Promise<void> {
  const calls = Array.from({ length: CALLS }, (_, at) => {
    const caller = PHASES[at % PHASES.length]!(WAYS[at % WAYS.length]!);
    // Nothing ends a carrier that has vanished but its limit.
    return rig.carrier.placeCall({ to: '+12025550100', caller, timeLimitMs: 8000 });
  });
  await Promise.all(calls.map((call) => call.ended));
  await rig.nothingIsLeft();
}

const descriptors = () => readdirSync('/proc/self/fd').length;

/** Of this thread, which has the server's sockets and the carrier's, after a collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it.skipIf(process.platform !== 'linux')(
  's11 gives back descriptors and memory after 60 aborted calls',
  {
    timeout: 120_000,
  },
  async () => {
    await abortedCalls();
    const descriptorsBefore = descriptors();
    const heapBefore = heapBytes();

    await abortedCalls();

    await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(descriptorsBefore), { timeout: 10_000 });
    const grewBytes = heapBytes() - heapBefore;
    process.stdout.write(
      `60 aborted calls: ${descriptors() - descriptorsBefore} descriptors and ${(grewBytes / MB).toFixed(2)} MB of heap more\n`,
    );
    expect(grewBytes).toBeLessThan(HEAP_SLACK_BYTES);
    await rig.freshCallerIsServed();
  },
);
