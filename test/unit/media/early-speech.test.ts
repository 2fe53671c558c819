/** What is told of an utterance before its end, through the face of `Hearing`. */
import { describe, expect, it } from 'vitest';
import { RECEIVED } from '../../../src/audio/addon-types.ts';
import { HearingRig } from '../../support/hearing-rig.ts';

const { speechStarted, speechPaused, speechResumed, speechGrown, speechEnded, speechDiscarded } = RECEIVED;

/** A caller who speaks, with nothing of ours to be heard: so many samples so far. */
function speaking(samples = 4): HearingRig {
  const rig = new HearingRig();
  rig.listen(3);
  rig.hearing.found(speechStarted);
  rig.receiver.speech = Int16Array.from({ length: samples }, (_, at) => at);
  rig.posts.length = 0;
  return rig;
}

function ends(rig: HearingRig, found: number = speechEnded): void {
  rig.receiver.utterances.push(new ArrayBuffer(16));
  rig.hearing.found(found);
}

function samplesOf(post: unknown): number[] {
  return [...new Int16Array((post as { audio: ArrayBuffer }).audio)];
}

describe('early speech: pauses', () => {
  it('offer what was said so far, whole, with its voice', () => {
    const rig = speaking();
    rig.receiver.voicedMs = 240;
    rig.hearing.found(speechPaused);
    expect(rig.posts).toMatchObject([
      { kind: 'utterance.provisional', callId: 7, listenId: 3, sampleRateHz: 8000, voicedMs: 240 },
    ]);
    expect(samplesOf(rig.posts[0])).toEqual([0, 1, 2, 3]);
  });

  it('are withdrawn when the caller goes on, once', () => {
    const rig = speaking();
    rig.hearing.found(speechPaused);
    rig.hearing.found(speechResumed);
    rig.hearing.found(speechDiscarded);
    expect(rig.posts.slice(1)).toEqual([
      { kind: 'utterance.withdrawn', callId: 7, listenId: 3 },
      { kind: 'speech.discarded', callId: 7, listenId: 3 },
    ]);
  });

  it('are confirmed by the utterance, and nothing is withdrawn', () => {
    const rig = speaking();
    rig.hearing.found(speechPaused);
    ends(rig);
    expect(rig.kinds()).toEqual(['utterance.provisional', 'utterance']);
  });

  it('are withdrawn and offered anew in this order when one message holds both', () => {
    const rig = speaking();
    rig.hearing.found(speechPaused);
    rig.hearing.found(speechResumed | speechPaused);
    expect(rig.kinds()).toEqual(['utterance.provisional', 'utterance.withdrawn', 'utterance.provisional']);
  });

  it('of the next utterance come after the end of this one when one message holds both', () => {
    const rig = speaking();
    ends(rig, speechStarted | speechEnded | speechPaused);
    expect(rig.kinds()).toEqual(['speech.started', 'utterance', 'utterance.provisional']);
  });

  it('are withdrawn when nothing came of it', () => {
    const rig = speaking();
    rig.hearing.found(speechPaused);
    rig.hearing.found(speechDiscarded);
    expect(rig.kinds()).toEqual(['utterance.provisional', 'utterance.withdrawn', 'speech.discarded']);
  });

  it('are withdrawn when a prompt that must be heard makes us deaf to the rest', () => {
    const rig = speaking();
    rig.hearing.found(speechPaused);
    rig.plays('interruptible');
    expect(rig.kinds()).toEqual(['utterance.provisional']);
    rig.plays('protected');
    rig.plays('nothing');
    expect(rig.kinds()).toEqual(['utterance.provisional', 'utterance.withdrawn']);
  });

  it('are withdrawn when there is no memory for the utterance', () => {
    const rig = speaking();
    rig.hearing.found(speechPaused);
    rig.hearing.found(speechEnded);
    expect(rig.kinds()).toEqual(['utterance.provisional', 'utterance.withdrawn']);
  });

  it.each([
    ['a digit', (rig: HearingRig) => rig.hearing.digit()],
    ['a new listen', (rig: HearingRig) => rig.listen(4)],
    ['stop.listening', (rig: HearingRig) => rig.hearing.stop()],
  ])('are replaced by %s, which the call knows of', (_, happens) => {
    const rig = speaking();
    rig.hearing.found(speechPaused);
    happens(rig);
    rig.hearing.found(speechResumed);
    rig.plays('protected');
    expect(rig.kinds()).toEqual(['utterance.provisional']);
  });

  it('offer nothing that there is no memory for', () => {
    const rig = speaking(0);
    rig.hearing.found(speechPaused);
    rig.hearing.found(speechResumed);
    expect(rig.posts).toEqual([]);
  });
});

describe('early speech: chunks', () => {
  function grows(rig: HearingRig, toSamples: number, found: number = speechGrown): void {
    rig.receiver.speech = Int16Array.from({ length: toSamples }, (_, at) => at);
    rig.hearing.found(found);
  }

  const chunks = (rig: HearingRig): [number, number[]][] =>
    rig.posts.flatMap((post) =>
      post.kind === 'speech.chunk' ? [[post.sequence, samplesOf(post)] as [number, number[]]] : [],
    );

  it('are what was said since the last, counted from 0', () => {
    const rig = speaking();
    grows(rig, 3);
    grows(rig, 4);
    grows(rig, 7);
    expect(chunks(rig)).toEqual([
      [0, [0, 1, 2]],
      [1, [3]],
      [2, [4, 5, 6]],
    ]);
    expect(rig.posts[0]).toMatchObject({ kind: 'speech.chunk', callId: 7, listenId: 3, sampleRateHz: 8000 });
  });

  it('go on after a pause, which takes the whole and no chunk away', () => {
    const rig = speaking();
    grows(rig, 3);
    grows(rig, 5, speechPaused);
    grows(rig, 6, speechResumed | speechGrown);
    expect(rig.kinds()).toEqual([
      'speech.chunk',
      'utterance.provisional',
      'utterance.withdrawn',
      'speech.chunk',
    ]);
    expect(chunks(rig)).toEqual([
      [0, [0, 1, 2]],
      [1, [3, 4, 5]],
    ]);
  });

  it.each([
    ['the end', (rig: HearingRig) => ends(rig)],
    ['speech that came to nothing', (rig: HearingRig) => rig.hearing.found(speechDiscarded)],
    ['a digit', (rig: HearingRig) => rig.hearing.digit()],
    ['a new listen', (rig: HearingRig) => rig.listen(4)],
    [
      'a prompt that must be heard',
      (rig: HearingRig) => {
        rig.plays('protected');
        rig.plays('nothing');
      },
    ],
  ])('count from 0 again after %s', (_, happens) => {
    const rig = speaking();
    grows(rig, 3);
    happens(rig);
    grows(rig, 2);
    expect(chunks(rig).at(-1)).toEqual([0, [0, 1]]);
  });

  it('of the next utterance count from 0 when one message holds the end of this one', () => {
    const rig = speaking();
    grows(rig, 3);
    rig.receiver.speech = new Int16Array(2);
    ends(rig, speechStarted | speechEnded | speechGrown);
    expect(rig.kinds().slice(1)).toEqual(['speech.started', 'utterance', 'speech.chunk']);
    expect(chunks(rig).at(-1)).toEqual([0, [0, 0]]);
  });
});
