/** Whole streams with the native receiver in them: what counts is what a caller whose line goes dead is told, and when. */
import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import { createStreamReceiver } from '../../../src/audio/stream-receiver.ts';
import { CallerRig } from '../../support/caller-rig.ts';
import { StreamRig } from '../../support/media-rigs.ts';
import { hum, pinkNoise, silence, speech, whiteNoise } from '../../support/signals.ts';

function listening(): CallerRig {
  const rig = new CallerRig();
  rig.callerSays(silence(2000));
  rig.listen();
  return rig;
}

/** Advances until `kind` was posted; how long it took, to 20 ms. */
function waitFor(rig: CallerRig, kind: string, maxMs: number): number {
  let waitedMs = 0;
  while (!rig.told().includes(kind) && waitedMs < maxMs) {
    rig.clock.advanceMs(20);
    waitedMs += 20;
  }
  return waitedMs;
}

describe('media that stops', () => {
  it('in the middle of a question: the no-input count goes on in wall time', () => {
    const rig = listening();
    rig.callerSays(silence(2000));
    const waitedMs = waitFor(rig, 'no.input', 10_000);
    expect(waitedMs).toBeGreaterThanOrEqual(2980);
    expect(waitedMs).toBeLessThanOrEqual(3500);
    rig.clock.advanceMs(10_000);
    expect(rig.told()).toEqual(['no.input']);
    expect(rig.gaps.mediaGaps).toBe(1);
  });

  it('before the question: the count begins with the question', () => {
    const rig = new CallerRig();
    rig.callerSays(silence(1000));
    rig.clock.advanceMs(3000);
    rig.listen();
    const waitedMs = waitFor(rig, 'no.input', 10_000);
    expect(waitedMs).toBeGreaterThanOrEqual(4760);
    expect(waitedMs).toBeLessThanOrEqual(5240);
  });

  it('in the middle of a word: what was said is an utterance', () => {
    const rig = listening();
    rig.callerSays(speech(600, -20, 3));
    expect(rig.told()).toEqual(['speech.started']);
    expect(waitFor(rig, 'utterance', 10_000)).toBeLessThanOrEqual(2200);
  });

  it('does not where only JavaScript sees none, and neither ends the stream', () => {
    const rig = new CallerRig();
    rig.callerSays(silence(2000));
    rig.callerSaysDirectly(silence(40_000));
    expect([rig.stream.counters().mediaGapFills, rig.gaps.mediaGaps, rig.stream.hasEnded]).toEqual([
      0,
      0,
      false,
    ]);
    rig.clock.advanceMs(31_000);
    expect([rig.gaps.mediaGaps, rig.stream.hasEnded]).toEqual([1, true]);
  });

  it('for less than a second changes nothing', () => {
    const rig = listening();
    rig.clock.advanceMs(900);
    rig.callerSays(silence(4960));
    expect([rig.told(), rig.stream.counters().mediaGapFills, rig.gaps.mediaGaps]).toEqual([[], 0, 0]);
    rig.callerSays(silence(60));
    expect(rig.told()).toEqual(['no.input']);
  });

  it('for ever ends the stream after 30 s as before, and the noise fed is not counted as media', () => {
    const rig = listening();
    const { mediaMessages } = rig.stream.counters();
    rig.clock.advanceMs(28_500);
    expect(rig.ends).toEqual([]);
    rig.clock.advanceMs(2000);
    expect(rig.endReasons()).toEqual(['no media']);
    expect(rig.stream.counters().mediaMessages).toBe(mediaMessages);
    expect(rig.stream.counters().mediaGapFills).toBeLessThan(130);
    expect(rig.wheel.pendingTimers).toBe(0);
  });

  it('feeds nothing while the stream finishes', () => {
    const rig = new StreamRig({ native: createStreamReceiver(TELEPHONE_FORMAT) }).goLive();
    rig.play(1, 'long');
    rig.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    rig.clock.advanceMs(8000);
    expect(rig.stream.counters().mediaGapFills).toBe(0);
  });
});

describe('media that comes back', () => {
  it('after 4 s all at once: no time is counted twice', () => {
    const rig = listening();
    rig.callerSays(silence(500));
    rig.clock.advanceMs(4000);
    rig.burst(silence(4000));
    expect(rig.told()).toEqual([]);
    rig.callerSays(silence(440));
    expect(rig.told()).toEqual([]);
    rig.callerSays(silence(600));
    expect(rig.told()).toEqual(['no.input']);
  });

  it('without what was lost: that time was silent, and counts', () => {
    const rig = listening();
    rig.clock.advanceMs(3000);
    rig.callerSays(silence(1900));
    expect(rig.told()).toEqual([]);
    rig.callerSays(silence(600));
    expect(rig.told()).toEqual(['no.input']);
  });

  it('with an answer in the burst: the answer is heard', () => {
    const rig = listening();
    rig.clock.advanceMs(4000);
    rig.burst(silence(1000));
    rig.burst(speech(600, -20, 3));
    rig.burst(silence(2400));
    expect(rig.told()).toEqual(['speech.started', 'utterance']);
  });

  it.each([
    ['white noise', whiteNoise],
    ['pink noise', pinkNoise],
    ['hum', hum],
  ])('with the %s of the line is not taken for speech', (_name, sound) => {
    for (const levelDbfs of [-60, -50, -40]) {
      for (const gapMs of [1500, 3500, 10_000]) {
        const rig = new CallerRig();
        rig.callerSays(sound(3000, levelDbfs));
        rig.listen();
        rig.clock.advanceMs(gapMs);
        rig.callerSays(sound(2000, levelDbfs));
        const told = rig.told().filter((kind) => kind !== 'no.input');
        expect([levelDbfs, gapMs, ...told]).toEqual([levelDbfs, gapMs]);
      }
    }
  });
});
