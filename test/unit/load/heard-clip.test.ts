import { describe, expect, it } from 'vitest';
import { speechShownAtMs } from '../../../src/load/heard-clip.ts';
import { atLevel, speak } from '../../support/caller-speech.ts';

describe('the frame that shows speech', () => {
  it('is one of the first of a loud word, whatever is played', async () => {
    const shownMs = speechShownAtMs(atLevel(await speak('no'), -8));
    expect(shownMs).toBeGreaterThan(0);
    expect(shownMs).toBeLessThan(200);
    expect(shownMs! % 20).toBe(0);
  });

  it('is none where a loud syllable of the prompt hides it for longer than a soft one', async () => {
    expect(speechShownAtMs(atLevel(await speak('no'), -18))).toBeNull();
  });

  it('is none of what is too soft for any ear', async () => {
    expect(speechShownAtMs(atLevel(await speak('no'), -50))).toBeNull();
  });
});
