/** Prompts that every call hears alike: they can be synthesized before the first call, and kept. */
import type { PromptContent } from './action.ts';
import type { Flow } from './flow.ts';
import { isFixed, type PromptTemplate, parseTemplate, renderPrompt } from './prompt-template.ts';

/**
 * Every prompt of the flow that needs no variable, system texts included, each once, in the order of the file. A prompt
 * with a variable is none of them, even if the variable has a default: a call may bring another value.
 */
export function fixedPrompts(flow: Flow): PromptContent[] {
  const { messages } = flow;
  const templates: PromptTemplate[] = Object.values(flow.nodes).flatMap((node) =>
    node.kind === 'ask'
      ? [node.prompt, ...node.noInput, ...node.noMatch, node.keypadHint]
      : node.prompt === null
        ? []
        : [node.prompt],
  );
  templates.push(...[messages.resumed, messages.no_input, messages.no_match].map(parseTemplate));
  const prompts = new Map<string, PromptContent>();
  for (const template of templates.filter(isFixed)) {
    const prompt = renderPrompt(flow, template, () => undefined);
    if (prompt.kind === 'text' && prompt.text === '') continue;
    prompts.set(prompt.kind === 'text' ? `text ${prompt.text}` : `audio ${prompt.path}`, prompt);
  }
  return [...prompts.values()];
}
