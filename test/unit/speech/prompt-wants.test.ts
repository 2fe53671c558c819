import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import type { PromptWanted } from '../../../src/channel/voice-messages.ts';
import { type PromptSource, promptKey } from '../../../src/speech/prompt.ts';
import { PromptWants } from '../../../src/speech/prompt-wants.ts';

const text = (words: string): PromptSource => ({ kind: 'text', text: words, voice: 'slt', language: 'en' });

function wantsUnderTest(readyKeys: readonly string[] = []) {
  const asked: PromptWanted[] = [];
  return { asked, wants: new PromptWants((wanted) => void asked.push(wanted), readyKeys) };
}

describe('PromptWants', () => {
  it('asks once for a prompt, however often it is played', () => {
    const { asked, wants } = wantsUnderTest();
    const key = wants.want(text('Hello.'), 'mulaw-8000');
    expect(wants.want(text('Hello.'), 'mulaw-8000')).toBe(key);
    expect(asked).toEqual([{ kind: 'prompt.wanted', key, format: 'mulaw-8000', source: text('Hello.') }]);
    expect(key).toBe(promptKey(text('Hello.'), TELEPHONE_FORMAT));
  });

  it('does not ask for what is ready', () => {
    const { asked, wants } = wantsUnderTest([promptKey(text('Hello.'), TELEPHONE_FORMAT)]);
    wants.want(text('Hello.'), 'mulaw-8000');
    expect(asked).toEqual([]);
  });

  it('asks for each format', () => {
    const { asked, wants } = wantsUnderTest();
    wants.want(text('Hello.'), 'mulaw-8000');
    wants.want(text('Hello.'), 'pcm16-16000');
    expect(asked).toHaveLength(2);
  });

  it('asks again for what never came', () => {
    const { asked, wants } = wantsUnderTest();
    wants.forget(wants.want(text('Hello.'), 'mulaw-8000'));
    wants.want(text('Hello.'), 'mulaw-8000');
    expect(asked).toHaveLength(2);
  });

  it('forgets the oldest of 10,000', () => {
    const { asked, wants } = wantsUnderTest();
    for (let index = 0; index <= 10_000; index++) wants.want(text(String(index)), 'mulaw-8000');
    wants.want(text('10000'), 'mulaw-8000');
    wants.want(text('0'), 'mulaw-8000');
    expect(asked).toHaveLength(10_002);
  });
});
