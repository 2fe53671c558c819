/**
 * How many calls this machine carries with room to spare: the default of `MAX_CALLS`. An estimate from how fast it is; what
 * it can really carry shows under load, where the loop's delay lowers the limit (`server/call-limit.ts`). Pure.
 */

/**
 * What `measureFrameUs` gives on the machine that the two numbers below are of, an AMD EPYC of 2.4 GHz, 2 cores, Node 22.23:
 * 1.6 us in quiet moments, and 2.6 while a neighbour has the other half of the core, as may be on any rented machine.
 */
const REFERENCE_FRAME_US = 1.6;
/**
 * 25,000 frames a second for each core, so 40 us of it for each frame and its share of everything else: sockets, playback,
 * turns, commits, and some 10 ms for each answer where the built-in recognizer listens.
 */
const CALLS_PER_CORE = 500;
/**
 * One thread moves all audio, and more cores do not help it. Three quarters of the 2,000 streams that it listened to within
 * 20 ms with the generator beside it; more cores are for more nodes.
 */
const CALLS_PER_NODE = 1500;
/** A measurement that says more, or less, has measured something else. */
const SPEED_MIN = 0.2;
const SPEED_MAX = 3;
const STEP_CALLS = 10;

/** `frameUs`: of `measureFrameUs`. A multiple of ten. */
export function machineCapacity(cores: number, frameUs: number): number {
  const speed = Math.min(SPEED_MAX, Math.max(SPEED_MIN, REFERENCE_FRAME_US / frameUs));
  const calls = Math.min(cores * CALLS_PER_CORE, CALLS_PER_NODE) * speed;
  return Math.floor(calls / STEP_CALLS) * STEP_CALLS;
}
