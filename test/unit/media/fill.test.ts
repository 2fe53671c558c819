import { describe, expect, it } from 'vitest';
import { promptOf } from '../../support/media-fakes.ts';
import { PlaybackRig, StreamRig } from '../../support/media-rigs.ts';

/** A short prompt that is here, beside those of the rig. */
function rigWithFiller() {
  const rig = new PlaybackRig();
  rig.registry.ready(promptOf('filler', 500));
  const fill = (playId = -2) => rig.playback.fill({ playId, promptKey: 'filler' });
  return { rig, fill };
}

describe('a prompt', () => {
  it('has started when its first audio is on its way, once', () => {
    const { rig } = rigWithFiller();
    rig.play(1, 'filler');
    rig.play(2, 'filler');
    rig.clock.advanceMs(3000);
    expect(rig.started).toEqual([1, 2]);
    expect(rig.outcomes()).toEqual(['1 played', '2 played']);
  });

  it('that never gets its audio has not', () => {
    const { rig } = rigWithFiller();
    rig.play(1, 'not here');
    rig.clock.advanceMs(6000);
    expect(rig.started).toEqual([]);
    expect(rig.outcomes()).toEqual(['1 failed']);
  });
});

describe('a filler', () => {
  it('is played where nothing else is', () => {
    const { rig, fill } = rigWithFiller();
    fill();
    rig.clock.advanceMs(1000);
    expect(rig.started).toEqual([-2]);
    expect(rig.outcomes()).toEqual(['-2 played']);
  });

  it('is played before a prompt that waits for its audio, which is played after it', () => {
    const { rig, fill } = rigWithFiller();
    rig.play(1, 'late');
    fill();
    rig.registry.ready(promptOf('late', 400));
    rig.clock.advanceMs(3000);
    expect(rig.started).toEqual([-2, 1]);
    expect(rig.outcomes()).toEqual(['-2 played', '1 played']);
  });

  it('is played before a prompt that waits, whatever stands behind that', () => {
    const { rig, fill } = rigWithFiller();
    rig.play(1, 'late');
    rig.play(2, 'short');
    fill();
    expect(rig.started).toEqual([-2]);
    rig.registry.ready(promptOf('late', 400));
    rig.clock.advanceMs(3000);
    expect(rig.outcomes()).toEqual(['-2 played', '1 played', '2 played']);
    expect(rig.carrier.gapsMs).toEqual([]);
    expect(rig.socket.events().filter((event) => event.startsWith('mark'))).toEqual([
      'mark g0.-2',
      'mark g0.1',
      'mark g0.2',
    ]);
  });

  it('keeps no prompt waiting beyond its time, however long it is itself', () => {
    const { rig } = rigWithFiller();
    rig.play(1, 'never');
    rig.play(2, 'short');
    rig.clock.advanceMs(3000);
    rig.playback.fill({ playId: -2, promptKey: 'long' });
    rig.clock.advanceMs(2990);
    expect(rig.outcomes()).toEqual([]);
    rig.clock.advanceMs(20);
    expect(rig.outcomes()).toEqual(['1 failed']);
    rig.clock.advanceMs(8000);
    expect(rig.outcomes()).toEqual(['1 failed', '-2 played', '2 played']);
  });

  it('may be interrupted, also before a prompt that may not', () => {
    const { rig, fill } = rigWithFiller();
    rig.play(1, 'late', false);
    expect(rig.playback.audible()).toBe('protected');
    fill();
    expect(rig.playback.audible()).toBe('interruptible');
    rig.clock.advanceMs(510);
    expect(rig.playback.audible()).toBe('protected');
  });

  it('gives the prompt that waits no more time than it had', () => {
    const { rig, fill } = rigWithFiller();
    rig.play(1, 'never');
    rig.clock.advanceMs(2500);
    fill(-2);
    rig.clock.advanceMs(2500);
    fill(-3);
    rig.clock.advanceMs(999);
    expect(rig.outcomes()).toEqual(['-2 played', '-3 played']);
    rig.clock.advanceMs(1);
    expect(rig.outcomes()).toEqual(['-2 played', '-3 played', '1 failed']);
  });

  it('is dropped where something can be heard', () => {
    const { rig, fill } = rigWithFiller();
    rig.play(1);
    fill();
    expect(rig.ended).toEqual([{ playId: -2, outcome: 'interrupted', playedMs: 0 }]);
    expect(rig.started).toEqual([1]);
  });

  it('is dropped where something is about to be heard: the socket is full', () => {
    const { rig, fill } = rigWithFiller();
    rig.socket.bufferedBytes = 20_000;
    rig.play(1, 'short');
    fill();
    expect(rig.outcomes()).toEqual(['-2 interrupted']);
  });

  it('is dropped where 32 prompts are queued', () => {
    const { rig, fill } = rigWithFiller();
    for (let playId = 1; playId <= 32; playId++) rig.play(playId, 'late');
    fill();
    expect(rig.outcomes()).toEqual(['-2 interrupted']);
  });

  it('is dropped where it is not here itself: nobody waits for a filler', () => {
    const { rig } = rigWithFiller();
    rig.playback.fill({ playId: -2, promptKey: 'no filler' });
    expect(rig.outcomes()).toEqual(['-2 interrupted']);
    expect(rig.registry.counts().waiters).toBe(0);
  });

  it('fills the time after what was heard, although its mark has not come back', () => {
    const { rig, fill } = rigWithFiller();
    rig.carrier.echoes = false;
    rig.play(1, 'filler');
    rig.clock.advanceMs(600);
    fill();
    expect(rig.started).toEqual([1, -2]);
  });

  it('goes with everything else at a clear', () => {
    const { rig, fill } = rigWithFiller();
    rig.play(1, 'late');
    fill();
    rig.playback.clear();
    expect(rig.outcomes().sort()).toEqual(['-2 interrupted', '1 interrupted']);
    expect(rig.playback.isIdle).toBe(true);
  });

  it('is played also while the last words are waited for', () => {
    const { rig, fill } = rigWithFiller();
    rig.play(1, 'late');
    rig.playback.finish();
    fill();
    rig.clock.advanceMs(1000);
    expect(rig.finished).toBe(0);
    rig.registry.ready(promptOf('late', 400));
    rig.clock.advanceMs(1000);
    expect(rig.outcomes()).toEqual(['-2 played', '1 played']);
    expect(rig.finished).toBe(1);
  });

  it('leaves nothing acquired', () => {
    const { rig, fill } = rigWithFiller();
    fill();
    rig.playback.close();
    fill();
    expect(rig.registry.counts().playing).toBe(0);
  });
});

describe('a stream', () => {
  it('tells its call which prompts have started, and plays a filler after finish too', () => {
    const rig = new StreamRig().goLive();
    rig.registry.ready(promptOf('filler', 500));
    rig.play(1, 'late');
    rig.order({ kind: 'finish', reason: 'completed', disposition: { kind: 'hangup' } });
    rig.order({ kind: 'fill', playId: -2, promptKey: 'filler' });
    expect(rig.posts).toContainEqual({ kind: 'prompt.started', callId: 7, playId: -2 });
  });
});
