import { describe, expect, it } from 'vitest';
import { type AudioFormat, bytesPerSample, SAMPLE_RATES_HZ } from '../../../src/audio/audio-format.ts';
import { PlaybackItem } from '../../../src/media/playback-item.ts';
import { promptOf } from '../../support/media-fakes.ts';

function itemOf(lengthMs: number, format?: AudioFormat): PlaybackItem {
  const item = new PlaybackItem({ playId: 1, promptKey: 'a', bargeIn: true }, 0);
  item.setPrompt(promptOf('a', lengthMs, format === undefined ? {} : { format }));
  return item;
}

describe('playback item', () => {
  it.each(SAMPLE_RATES_HZ)(
    'cuts pcm16 at %i Hz into whole samples and whole groups of base64',
    (sampleRateHz) => {
      const format = { codec: 'pcm16', sampleRateHz, channels: 1 } as const;
      const bytes = itemOf(5000, format).nextMessageBytes();
      expect([bytes % 3, bytes % bytesPerSample('pcm16')]).toEqual([0, 0]);
      expect(bytes / 2 / sampleRateHz).toBe(0.24);
    },
  );

  it('sends no scrap at the end', () => {
    expect(itemOf(360).nextMessageBytes()).toBe(2880);
    expect(itemOf(380).nextMessageBytes()).toBe(1920);
  });

  it('was heard as far as it was sent and as time has passed', () => {
    const item = itemOf(1000);
    item.sentBytes = 4000;
    item.sentUntilAtMs = 2500;
    expect([item.playedMs(1000), item.playedMs(2200), item.playedMs(9000)]).toEqual([0, 200, 500]);
  });
});
