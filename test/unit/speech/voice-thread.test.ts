import { describe, expect, it } from 'vitest';
import type { ReadyPrompt } from '../../../src/audio/ready-prompt.ts';
import type { FromVoice, PromptWanted } from '../../../src/channel/voice-messages.ts';
import { VoiceThread } from '../../../src/speech/voice-thread.ts';
import { readyPrompt } from '../../support/prompt-fixture.ts';
import { silentLog } from '../../support/silent-log.ts';

const wanted = (key: string, format = 'mulaw-8000'): PromptWanted => ({
  kind: 'prompt.wanted',
  key,
  format,
  source: { kind: 'text', text: key, voice: 'slt', language: 'en' },
  isUrgent: false,
});

function threadUnderTest() {
  const sent: FromVoice[] = [];
  const asked: { key: string; gives: (prompt: ReadyPrompt) => void; fails: (error: Error) => void }[] = [];
  const voice = new VoiceThread({
    cache: {
      get: (key) =>
        new Promise((gives, fails) => {
          asked.push({ key, gives, fails });
        }),
    },
    send: (message) => void sent.push(message),
    log: silentLog,
  });
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { voice, sent, asked, settle };
}

describe('VoiceThread', () => {
  it('sends a prompt once, however often it is asked for meanwhile', async () => {
    const { voice, sent, asked, settle } = threadUnderTest();
    voice.want(wanted('a'));
    voice.want(wanted('a'));
    asked[0]?.gives(readyPrompt('a'));
    await settle();
    expect(asked).toHaveLength(1);
    expect(sent).toMatchObject([{ kind: 'prompt.ready', key: 'a', format: 'mulaw-8000', durationMs: 120 }]);
  });

  it('sends it again to who asks after that', async () => {
    const { voice, asked, settle } = threadUnderTest();
    voice.want(wanted('a'));
    asked[0]?.gives(readyPrompt('a'));
    await settle();
    voice.want(wanted('a'));
    expect(asked).toHaveLength(2);
  });

  it('makes four at a time, the rest in order', async () => {
    const { voice, asked, settle } = threadUnderTest();
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) voice.want(wanted(key));
    expect(asked.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
    asked[2]?.gives(readyPrompt('c'));
    await settle();
    expect(asked.at(-1)?.key).toBe('e');
  });

  it('says which prompt failed and why, and goes on', async () => {
    const { voice, sent, asked, settle } = threadUnderTest();
    voice.want(wanted('a'));
    voice.want(wanted('b', 'opus-48000'));
    asked[0]?.fails(new TypeError('no voice'));
    await settle();
    expect(sent).toMatchObject([
      { kind: 'prompt.failed', key: 'b', error: { code: 'ERR_INVALID_STATE' } },
      { kind: 'prompt.failed', key: 'a', error: { name: 'TypeError', message: 'no voice' } },
    ]);
  });

  it('fails what does not fit into its queue', () => {
    const { voice, sent } = threadUnderTest();
    for (let index = 0; index < 4 + 4096; index++) voice.want(wanted(String(index)));
    expect(sent).toEqual([]);
    voice.want(wanted('one more'));
    expect(sent).toMatchObject([{ kind: 'prompt.failed', key: 'one more', error: { code: 'ERR_CAPACITY' } }]);
  });
});
