import { expect, it } from 'vitest';
import { CallerLine, FRAME_BYTES } from '../../../src/simulator/caller-line.ts';
import { MULAW_SILENCE, MULAW_TO_LINEAR } from '../../../src/simulator/mulaw.ts';
import { createRandom } from '../../../src/simulator/random.ts';

const line = (options = {}) => new CallerLine(options, createRandom(1));
const bytes = (payload: string) => [...Buffer.from(payload, 'base64')];
const levelDbfs = (frame: number[]) => {
  const power = frame.reduce((sum, code) => sum + MULAW_TO_LINEAR[code]! ** 2, 0) / frame.length;
  return 10 * Math.log10(power / 32_768 ** 2);
};

it('is digital silence between clips, and pads the last frame of one', () => {
  const caller = line();
  caller.say(new Uint8Array(200).fill(7));
  expect(bytes(caller.next())).toEqual(Array.from({ length: FRAME_BYTES }, () => 7));
  const last = bytes(caller.next());
  expect([last[39], last[40]]).toEqual([7, MULAW_SILENCE]);
  expect(caller.isSpeaking).toBe(false);
  expect(new Set(bytes(caller.next()))).toEqual(new Set([MULAW_SILENCE]));
});

it('encodes a clip once for all callers', () => {
  const clip = new Uint8Array(160).fill(9);
  const [first, second] = [line(), line()];
  first.say(clip);
  second.say(clip);
  expect(first.next()).toBe(second.next());
});

it('falls silent in mid-word', () => {
  const caller = line();
  caller.say(new Uint8Array(1600).fill(7));
  caller.next();
  caller.fallSilent();
  expect(bytes(caller.next())[0]).toBe(MULAW_SILENCE);
});

it('has noise of the level asked for', () => {
  const caller = line({ noiseDbfs: -40 });
  const frames = Array.from({ length: 50 }, () => bytes(caller.next())).flat();
  expect(levelDbfs(frames)).toBeGreaterThan(-42);
  expect(levelDbfs(frames)).toBeLessThan(-38);
});

it('gives back what is heard, 30 dB down and 60 ms later', () => {
  const caller = line({ echo: {} });
  const heard = new Uint8Array(FRAME_BYTES).fill(0x90);
  const quiet = new Uint8Array(FRAME_BYTES).fill(MULAW_SILENCE);
  const sent: number[][] = [];
  for (const frame of [heard, quiet, quiet, quiet]) {
    caller.hear(frame);
    sent.push(bytes(caller.next()));
  }
  const levels = sent.map(levelDbfs);
  const loudest = levels.indexOf(Math.max(...levels));
  expect(loudest).toBe(2);
  expect(levels[loudest]! - levelDbfs([...heard])).toBeCloseTo(-30, 0);
});
