import { expect, it } from 'vitest';
import { PlayoutQueue } from '../../../web/src/phone/playout-queue.ts';

const RATE_HZ = 16_000;
const BLOCK = 160;

/** Plays blocks of 10 ms; returns the samples of each that are no silence, and the marks that came. */
function player(queue: PlayoutQueue) {
  const marks: string[] = [];
  return {
    marks,
    plays(blocks: number): number {
      let heard = 0;
      for (let count = 0; count < blocks; count++) {
        const output = new Float32Array(BLOCK);
        queue.pull(output, (name) => marks.push(name));
        heard += output.filter((sample) => sample !== 0).length;
      }
      return heard;
    },
  };
}

const audio = (durationMs: number) => new Int16Array((RATE_HZ * durationMs) / 1000).fill(1000);

it('waits for 60 ms of audio before it plays', () => {
  const queue = new PlayoutQueue(RATE_HZ);
  const { plays } = player(queue);
  queue.push(audio(20));
  queue.push(audio(20));
  expect(plays(1)).toBe(0);
  queue.push(audio(20));
  expect(plays(1)).toBe(BLOCK);
  expect(queue.isPlaying).toBe(true);
});

it('plays what is shorter than that after the same time', () => {
  const queue = new PlayoutQueue(RATE_HZ);
  const { plays } = player(queue);
  queue.push(audio(20));
  expect(plays(6)).toBe(0);
  expect(plays(4)).toBe(2 * BLOCK);
});

it('waits again after a gap', () => {
  const queue = new PlayoutQueue(RATE_HZ);
  const { plays } = player(queue);
  queue.push(audio(60));
  expect(plays(7)).toBe(6 * BLOCK);
  expect(queue.isPlaying).toBe(false);
  queue.push(audio(20));
  expect(plays(1)).toBe(0);
});

it('reports a mark when the sample before it was played, and one without audio at once', () => {
  const queue = new PlayoutQueue(RATE_HZ);
  const { plays, marks } = player(queue);
  queue.mark('first');
  queue.push(audio(100));
  queue.mark('second');
  plays(9);
  expect(marks).toEqual(['first']);
  plays(1);
  expect(marks).toEqual(['first', 'second']);
});

it('gives back the marks of what it drops', () => {
  const queue = new PlayoutQueue(RATE_HZ);
  const { plays } = player(queue);
  queue.push(audio(100));
  queue.mark('a');
  queue.push(audio(100));
  queue.mark('b');
  plays(2);
  expect(queue.clear()).toEqual(['a', 'b']);
  expect(plays(30)).toBe(0);
});

it('holds a minute, and no more', () => {
  const queue = new PlayoutQueue(RATE_HZ);
  expect(queue.push(audio(60_000))).toBe(true);
  expect(queue.push(audio(20))).toBe(false);
});
