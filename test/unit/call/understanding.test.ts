import { describe, expect, it } from 'vitest';
import type { AskedQuestion } from '../../../src/speech/understanding.ts';
import { callUnderTest, settle } from '../../support/call-under-test.ts';

async function asked() {
  const requests: {
    readonly question: AskedQuestion;
    readonly transcript: string;
    readonly signal: AbortSignal;
    readonly gives: (answer: string | null) => Promise<void>;
  }[] = [];
  const t = callUnderTest({
    parts: {
      understanding: {
        provider: 'fake',
        understand: (question, transcript, signal) => {
          const { promise, resolve } = Promise.withResolvers<string | null>();
          const gives = async (answer: string | null) => {
            resolve(answer);
            await settle();
          };
          requests.push({ question, transcript, signal, gives });
          return promise;
        },
      },
    },
  });
  t.script.unreadable.add('you bet');
  await t.begin();
  return { ...t, requests };
}

describe('words that no rule reads', () => {
  it('are read by the understanding, and the flow is told both', async () => {
    const t = await asked();
    await t.utteranceComes();
    await t.recognizerHears('you bet');
    expect(t.requests[0]).toMatchObject({ transcript: 'you bet', question: { kind: 'yes-no' } });
    expect(t.events('answered')).toEqual([]);
    await t.requests[0]?.gives('yes');
    expect(t.events('answered')).toMatchObject([{ text: 'you bet', understood: 'yes' }]);
  });

  it('stay unclear where the understanding is not sure', async () => {
    const t = await asked();
    await t.utteranceComes();
    await t.recognizerHears('you bet');
    await t.requests[0]?.gives(null);
    expect(t.events('answered')).toEqual([{ kind: 'answered', listenId: 1, by: 'speech', text: 'you bet' }]);
  });

  it('count as an answer on its way: silence meanwhile is none', async () => {
    const t = await asked();
    await t.utteranceComes();
    await t.recognizerHears('you bet');
    await t.nothingIsSaid();
    expect(t.events('no.input')).toEqual([]);
  });

  it('give way to a key, and to what is said next', async () => {
    const t = await asked();
    await t.utteranceComes();
    await t.recognizerHears('you bet');
    await t.utteranceComes();
    expect(t.requests[0]?.signal.aborted).toBe(true);
    await t.recognizerHears('you bet');
    await t.digitComes('1');
    expect(t.requests[1]?.signal.aborted).toBe(true);
    await t.requests[1]?.gives('no');
    expect(t.events('answered')).toMatchObject([{ by: 'digits', text: '1' }]);
  });

  it('are no business of it where the rules can read them', async () => {
    const t = await asked();
    await t.utteranceComes();
    await t.recognizerHears('yes');
    expect(t.requests).toEqual([]);
    expect(t.events('answered')).toMatchObject([{ text: 'yes' }]);
  });
});
