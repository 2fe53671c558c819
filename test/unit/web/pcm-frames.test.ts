import { expect, it } from 'vitest';
import { type PcmFrame, PcmFrames } from '../../../web/src/phone/pcm-frames.ts';

function framesOf(sampleRateHz: number, samples: Float32Array, blockSamples = 128): PcmFrame[] {
  const frames: PcmFrame[] = [];
  const cutter = new PcmFrames(sampleRateHz);
  for (let at = 0; at < samples.length; at += blockSamples) {
    cutter.push(samples.subarray(at, at + blockSamples), (frame) => frames.push(frame));
  }
  return frames;
}

it.each([8000, 11_025, 44_100, 48_000])('cuts frames of 20 ms at %i Hz', (sampleRateHz) => {
  const frames = framesOf(sampleRateHz, new Float32Array(sampleRateHz));
  expect(frames.length).toBeGreaterThanOrEqual(49);
  for (const { samples } of frames) expect((samples.length / sampleRateHz) * 1000).toBeCloseTo(20, 1);
});

it('clips what is louder than full scale', () => {
  const [frame] = framesOf(
    8000,
    Float32Array.from({ length: 160 }, (_, index) => (index % 2 === 0 ? 2 : -2)),
  );
  expect([frame!.samples[0], frame!.samples[1]]).toEqual([32_767, -32_767]);
});

it('measures the level of each frame', () => {
  const sine = Float32Array.from({ length: 160 }, (_, index) => Math.sin((2 * Math.PI * index) / 16));
  expect(framesOf(8000, sine)[0]!.levelDbfs).toBeCloseTo(-3, 1);
  expect(framesOf(8000, new Float32Array(160))[0]!.levelDbfs).toBe(-90);
});

it('gives every frame its own memory', () => {
  const [first, second] = framesOf(8000, new Float32Array(320).fill(0.5));
  expect(first!.samples.buffer).not.toBe(second!.samples.buffer);
});
