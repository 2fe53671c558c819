import { describe, expect, it } from 'vitest';
import { RECEIVED } from '../../../src/audio/addon-types.ts';
import { HearingRig } from '../../support/hearing-rig.ts';

describe('hearing: the ear', () => {
  it('listens when asked, with the settings of the order', () => {
    const rig = new HearingRig();
    rig.listen();
    expect(rig.receiver.listening).toMatchObject({ endOfSpeechMs: 700, maxUtteranceMs: 10_000 });
    rig.hearing.stop();
    expect(rig.receiver.listening).toBeNull();
  });

  it('is deaf while a prompt plays that must be heard to its end', () => {
    const rig = new HearingRig();
    rig.plays('protected');
    rig.listen();
    expect(rig.receiver.listening).toBeNull();
    rig.plays('interruptible');
    expect(rig.receiver.listening).not.toBeNull();
    rig.plays('protected');
    expect(rig.receiver.listening).toBeNull();
  });

  it('does not react to what the receiver still found after it was told to stop', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.hearing.stop();
    rig.hearing.found(RECEIVED.media | RECEIVED.speechStarted);
    expect(rig.posts).toEqual([]);
  });
});

describe('hearing: speech', () => {
  it('interrupts before it reports', () => {
    const rig = new HearingRig();
    rig.plays('interruptible');
    rig.listen();
    rig.hearing.found(RECEIVED.media | RECEIVED.speechStarted);
    expect(rig.clears).toBe(1);
    expect(rig.posts).toEqual([
      { kind: 'speech.started', callId: 7, listenId: 1, atStreamMs: 0, bargeIn: true },
    ]);
  });

  it('only reports while nothing plays', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.hearing.found(RECEIVED.speechStarted);
    expect([rig.clears, rig.posts[0]]).toMatchObject([0, { kind: 'speech.started', bargeIn: false }]);
  });

  it('posts the utterance under the listen order that was in force', () => {
    const rig = new HearingRig();
    rig.listen(3);
    rig.receiver.utterances.push(new ArrayBuffer(16));
    rig.hearing.found(RECEIVED.speechStarted);
    rig.hearing.found(RECEIVED.speechEnded);
    expect(rig.posts.slice(1)).toMatchObject([
      { kind: 'utterance', listenId: 3, sampleRateHz: 8000, speechStartMs: 300, audio: { byteLength: 16 } },
    ]);
  });

  it('posts start and end in their order when one message holds both', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.receiver.utterances.push(new ArrayBuffer(16));
    rig.hearing.found(RECEIVED.speechStarted | RECEIVED.speechEnded);
    expect(rig.kinds()).toEqual(['speech.started', 'utterance']);
  });
});

describe('hearing: no input', () => {
  it('counts from when everything queued was heard', () => {
    const rig = new HearingRig();
    rig.plays('interruptible');
    rig.listen();
    expect(rig.receiver.noInputMs).toBeNull();
    rig.plays('nothing');
    expect(rig.receiver.noInputMs).toBe(5000);
  });

  it('does not count while a prompt plays', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.plays('interruptible');
    expect(rig.receiver.noInputMs).toBeNull();
  });

  it('is posted once for an order', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.hearing.found(RECEIVED.noInput);
    rig.hearing.found(RECEIVED.noInput);
    expect(rig.kinds()).toEqual(['no.input']);
    rig.listen(2);
    rig.hearing.found(RECEIVED.noInput);
    expect(rig.kinds()).toEqual(['no.input', 'no.input']);
  });

  it('counts on, not anew, after speech that came to nothing', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.hearing.found(RECEIVED.speechStarted);
    rig.receiver.noInputMs = null;
    rig.hearing.found(RECEIVED.speechDiscarded);
    expect(rig.receiver.noInputMs).toBeNull();
    rig.hearing.found(RECEIVED.noInput);
    expect(rig.kinds()).toEqual(['speech.started', 'speech.discarded', 'no.input']);
  });

  it('begins to count after speech over a prompt that came to nothing', () => {
    const rig = new HearingRig();
    rig.plays('interruptible');
    rig.listen();
    rig.hearing.found(RECEIVED.speechStarted);
    expect(rig.receiver.noInputMs).toBeNull();
    rig.hearing.found(RECEIVED.speechDiscarded);
    expect(rig.receiver.noInputMs).toBe(5000);
  });

  it('does not count while a prompt plays that was queued during speech', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.hearing.found(RECEIVED.speechStarted);
    rig.plays('interruptible');
    expect(rig.receiver.noInputMs).toBeNull();
    rig.hearing.found(RECEIVED.speechDiscarded);
    expect(rig.receiver.noInputMs).toBeNull();
    rig.plays('nothing');
    expect(rig.receiver.noInputMs).toBe(5000);
  });

  it('counts no further once an utterance is on its way', () => {
    const rig = new HearingRig();
    rig.listen();
    rig.hearing.found(RECEIVED.speechStarted);
    rig.receiver.noInputMs = null;
    rig.hearing.found(RECEIVED.speechEnded);
    rig.plays('interruptible');
    rig.plays('nothing');
    expect(rig.receiver.noInputMs).toBeNull();
  });
});

describe('hearing: no input, and time without media', () => {
  function armed(): HearingRig {
    const rig = new HearingRig();
    rig.listen();
    return rig;
  }

  function hears(rig: HearingRig, lengthMs: number): void {
    rig.receiver.receiveAudio(new Uint8Array(lengthMs * 8), -100);
    rig.clock.advanceMs(lengthMs);
  }

  it('counts what the receiver has not seen, and takes it back', () => {
    const rig = armed();
    hears(rig, 1000);
    rig.clock.advanceMs(960);
    rig.hearing.countSilence(960);
    expect(rig.receiver.noInputMs).toBe(3040);
    rig.hearing.countSilence(-960);
    expect(rig.receiver.noInputMs).toBe(4000);
  });

  it('counts no more than there was since the count began, and gives back no more than was counted', () => {
    const rig = armed();
    rig.clock.advanceMs(300);
    rig.hearing.countSilence(960);
    expect(rig.receiver.noInputMs).toBe(4700);
    rig.hearing.countSilence(-4000);
    expect(rig.receiver.noInputMs).toBe(5000);
  });

  it('lets the count end at the next frame when all of it has passed', () => {
    const rig = armed();
    rig.clock.advanceMs(9000);
    rig.hearing.countSilence(9000);
    expect(rig.receiver.noInputMs).toBe(20);
  });

  it('leaves out speech that came to nothing', () => {
    const rig = armed();
    rig.hearing.found(RECEIVED.speechStarted);
    hears(rig, 2000);
    rig.hearing.found(RECEIVED.speechDiscarded);
    hears(rig, 1000);
    rig.clock.advanceMs(960);
    rig.hearing.countSilence(960);
    expect(rig.receiver.noInputMs).toBe(3040);
  });

  it('does not begin a count where none runs', () => {
    const rig = armed();
    rig.plays('interruptible');
    rig.hearing.countSilence(960);
    expect(rig.receiver.noInputMs).toBeNull();
    rig.plays('nothing');
    rig.hearing.found(RECEIVED.noInput);
    rig.receiver.noInputMs = null;
    rig.hearing.countSilence(960);
    expect(rig.receiver.noInputMs).toBeNull();
  });
});

describe('hearing: digits', () => {
  it('drop the speech in progress, interrupt, and start the count anew', () => {
    const rig = new HearingRig();
    rig.plays('interruptible');
    rig.listen();
    rig.hearing.digit();
    expect([rig.receiver.discards, rig.clears, rig.receiver.noInputMs]).toEqual([1, 1, 5000]);
    rig.hearing.found(RECEIVED.speechStarted);
    rig.receiver.noInputMs = null;
    rig.hearing.digit();
    expect(rig.receiver.noInputMs).toBe(5000);
  });

  it('do not interrupt a prompt that must be heard to its end', () => {
    const rig = new HearingRig();
    rig.plays('protected');
    rig.hearing.digit();
    expect(rig.clears).toBe(0);
  });
});
