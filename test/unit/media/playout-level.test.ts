import { describe, expect, it } from 'vitest';
import { PlaybackItem } from '../../../src/media/playback-item.ts';
import { PlayoutLevel } from '../../../src/media/playout-level.ts';
import { promptOf } from '../../support/media-fakes.ts';

/** A prompt of a second that was sent at once and has been heard at 1000. */
function heardItem(): PlaybackItem {
  const item = new PlaybackItem({ playId: 1, promptKey: 'a', bargeIn: true }, 0);
  const prompt = promptOf('a', 1000);
  item.setPrompt(prompt);
  item.sentBytes = prompt.audioBytes;
  item.sentUntilAtMs = 1000;
  item.stage = 'sent';
  return item;
}

/** How long after its end the prompt still counts as heard. */
function lastsMs(level: PlayoutLevel): number {
  level.ended(heardItem(), 1000);
  let afterMs = 0;
  while (level.loudestDbfs([], 1000 + afterMs) > -100) afterMs += 20;
  return afterMs;
}

describe('playout level', () => {
  it('is that of what is heard now', () => {
    const level = new PlayoutLevel();
    expect(level.isSilent([])).toBe(true);
    expect(level.loudestDbfs([heardItem()], 500)).toBeGreaterThan(-100);
    expect(level.loudestDbfs([heardItem()], 5000)).toBe(-100);
  });

  it('lasts half a second beyond the end while the round trip is not known', () => {
    expect(lastsMs(new PlayoutLevel())).toBe(500);
  });

  it.each([
    [0, 100],
    [250, 100],
    [600, 400],
  ])('with a round trip of %i ms lasts %i ms: a quick, soft answer is heard', (roundTripMs, ms) => {
    const level = new PlayoutLevel();
    level.roundTripTook(roundTripMs);
    expect(lastsMs(level)).toBe(ms);
  });

  it('is silent again after that, and after close', () => {
    const level = new PlayoutLevel();
    lastsMs(level);
    level.loudestDbfs([], 2000);
    expect(level.isSilent([])).toBe(true);
    level.ended(heardItem(), 1000);
    level.close();
    expect(level.isSilent([])).toBe(true);
  });
});
