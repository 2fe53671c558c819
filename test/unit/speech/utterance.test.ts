import { describe, expect, it } from 'vitest';
import { mayBeSpeech, toUtteranceAudio } from '../../../src/speech/utterance.ts';
import { speechAudio } from '../../support/call-under-test.ts';

const utterance = (durationMs: number, amplitude: number) =>
  toUtteranceAudio(speechAudio(durationMs, amplitude), 8000);

describe('the gate before a recognizer', () => {
  it('lets a quiet one-word answer through', () => {
    expect(mayBeSpeech(utterance(200, 200), 120)).toBe(true);
  });

  it('stops a click', () => {
    expect(mayBeSpeech(utterance(200, 8000), 60)).toBe(false);
  });

  it('stops line noise that the endpointer took for speech', () => {
    expect(mayBeSpeech(utterance(2000, 25), 2000)).toBe(false);
  });

  it('stops nothing at all', () => {
    expect(mayBeSpeech(toUtteranceAudio(new ArrayBuffer(0), 8000), 500)).toBe(false);
  });
});

describe('an utterance', () => {
  it.each([
    ['half a sample', 321, 8000],
    ['an unknown rate', 320, 8001],
  ])('is refused with %s', (_name, bytes, rateHz) => {
    expect(() => toUtteranceAudio(new ArrayBuffer(bytes), rateHz)).toThrow(`${bytes} bytes at ${rateHz} Hz`);
  });
});
