import { describe, expect, it } from 'vitest';
import { loadCallSpeech } from '../../../src/speech/call-speech.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { speechSettings } from '../../support/speech-settings.ts';

const YES_NO = { kind: 'yes-no', language: 'en', keywords: [] } as const;
/** No word, and too loud to be turned away unheard. */
const NOISE = Int16Array.from({ length: 4000 }, (_, index) => ((index * 7919) % 4001) - 2000);

describe('the built-in recognizer of a worker', () => {
  const workerUnderTest = async () => {
    const { recognizer } = await loadCallSpeech({
      settings: speechSettings(),
      clock: new FakeClock(),
      tell: () => {},
    });
    return (callId: number): Promise<string> => {
      const recognition = recognizer.forCall!(callId).open(YES_NO, new AbortController().signal);
      recognition.push({ samples: NOISE, sampleRateHz: 8000 });
      return recognition.end().then(
        () => 'heard',
        ({ code }: { code: string }) => code,
      );
    };
  };

  it('lets the loop turn between the answers of a rush', async () => {
    const ask = await workerUnderTest();
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(Array.from({ length: 10 }, (_, callId) => ask(callId)));
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(9);
  });

  it('has 200 wait, and tells one more at once', async () => {
    const ask = await workerUnderTest();
    const all = Array.from({ length: 202 }, (_, callId) => ask(callId));
    expect(await all[201]).toBe('ERR_CAPACITY');
    expect(new Set(await Promise.all(all.slice(0, 201)))).toEqual(new Set(['heard']));
  });
});
