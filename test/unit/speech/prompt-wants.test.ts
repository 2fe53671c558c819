import { describe, expect, it } from 'vitest';
import { TELEPHONE_FORMAT } from '../../../src/audio/audio-format.ts';
import type { PromptWanted } from '../../../src/channel/voice-messages.ts';
import { type PromptSource, promptKey } from '../../../src/speech/prompt.ts';
import { PromptWants } from '../../../src/speech/prompt-wants.ts';

const text = (words: string): PromptSource => ({ kind: 'text', text: words, voice: 'slt', language: 'en' });

function wantsUnderTest(fixedKeys: readonly string[] = []) {
  const asked: PromptWanted[] = [];
  return { asked, wants: new PromptWants((wanted) => void asked.push(wanted), fixedKeys) };
}

describe('PromptWants', () => {
  it('asks with every play, since the registry may have dropped the prompt', () => {
    const { asked, wants } = wantsUnderTest();
    const key = wants.want(text('Hello.'), 'mulaw-8000');
    expect(wants.want(text('Hello.'), 'mulaw-8000')).toBe(key);
    const asking = {
      kind: 'prompt.wanted',
      isUrgent: true,
      key,
      format: 'mulaw-8000',
      source: text('Hello.'),
    };
    expect(asked).toEqual([asking, asking]);
    expect(key).toBe(promptKey(text('Hello.'), TELEPHONE_FORMAT));
  });

  it('never asks for what is fixed', () => {
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
});
