/** Prompts that are played around the flow, some when its worker is gone: the media plane keeps them ready. */
import type { PromptContent } from './action.ts';
import type { Flow } from './flow.ts';
import { parseTemplate, renderPrompt } from './prompt-template.ts';

export interface SystemPrompts {
  /** Goodbye when something went wrong on our side. */
  readonly failure: PromptContent;
  /** Goodbye after too many tries. */
  readonly goodbye: PromptContent;
  /** While something takes long. */
  readonly filler: PromptContent;
  /** Apology before a resumed call goes on. */
  readonly resumed: PromptContent;
}

export function systemPrompts(flow: Flow): SystemPrompts {
  const prompt = (text: string) => renderPrompt(flow, parseTemplate(text), () => undefined);
  return {
    failure: prompt(flow.messages.failure),
    goodbye: prompt(flow.messages.too_many_tries),
    filler: prompt(flow.messages.filler),
    resumed: prompt(flow.messages.resumed),
  };
}
