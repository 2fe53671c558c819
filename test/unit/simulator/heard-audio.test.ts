import { describe, expect, it } from 'vitest';
import { HeardAudio } from '../../../src/simulator/heard-audio.ts';
import { MULAW_SILENCE } from '../../../src/simulator/mulaw.ts';

const LOUD = 0x20;
const play = (heard: HeardAudio, frames: number, value = LOUD) => {
  for (let n = 0; n < frames; n += 1) heard.add(new Uint8Array(160).fill(value), 160);
};
const starve = (heard: HeardAudio, frames: number) => {
  for (let n = 0; n < frames; n += 1) heard.add(new Uint8Array(160).fill(MULAW_SILENCE), 0);
};

describe('what the caller hears', () => {
  it('counts an underrun with more audio after it as a gap', () => {
    const heard = new HeardAudio(false);
    starve(heard, 10);
    play(heard, 5);
    starve(heard, 3);
    play(heard, 5);
    expect(heard.gapsMs).toEqual([60]);
  });

  it('measures a gap in samples when a frame is only partly filled', () => {
    const heard = new HeardAudio(false);
    play(heard, 1);
    heard.add(new Uint8Array(160), 120);
    play(heard, 1);
    expect(heard.gapsMs).toEqual([5]);
  });

  it('counts silence after a mark or a clear as a pause, not a gap', () => {
    const heard = new HeardAudio(false);
    play(heard, 5);
    heard.boundary();
    starve(heard, 4);
    play(heard, 5);
    expect([heard.gapsMs, heard.pausesMs]).toEqual([[], [80]]);
  });

  it('forgets a mark that more audio followed at once', () => {
    const heard = new HeardAudio(false);
    play(heard, 5);
    heard.boundary();
    play(heard, 1);
    starve(heard, 2);
    play(heard, 1);
    expect(heard.gapsMs).toEqual([40]);
  });

  it('takes more than a second of silence for the conversation', () => {
    const heard = new HeardAudio(false);
    play(heard, 1);
    starve(heard, 51);
    play(heard, 1);
    expect([heard.gapsMs, heard.pausesMs]).toEqual([[], []]);
  });

  it('follows loudness, also through silent audio', () => {
    const heard = new HeardAudio(false);
    starve(heard, 2);
    expect(heard.quietMs).toBeNull();
    play(heard, 2);
    expect(heard.quietMs).toBe(0);
    play(heard, 3, MULAW_SILENCE);
    expect(heard.quietMs).toBe(60);
    expect([heard.audioMs, heard.loudMs]).toEqual([100, 40]);
  });

  it('records everything with the silence between, if asked', () => {
    const heard = new HeardAudio(true);
    play(heard, 600);
    heard.addSilence(40);
    play(heard, 1, 5);
    const recording = heard.recording()!;
    expect(recording.length).toBe(600 * 160 + 320 + 160);
    expect([recording[0], recording[600 * 160], recording.at(-1)]).toEqual([LOUD, MULAW_SILENCE, 5]);
    expect(new HeardAudio(false).recording()).toBeNull();
  });
});
