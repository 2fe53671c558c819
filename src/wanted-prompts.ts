/** The prompts that calls share: what is made before the first call, and what is kept on disk. Part of the composition root. */
import { type AudioFormat, formatName, TELEPHONE_FORMAT } from './audio/audio-format.ts';
import type { PromptWanted } from './channel/voice-messages.ts';
import { fixedPrompts } from './flow/fixed-prompts.ts';
import { type FlowSet, flowsOf } from './flow/flow-set.ts';
import { systemPrompts } from './flow/system-prompts.ts';
import { promptKey } from './speech/prompt.ts';

/** By key, of all flows. */
export function wantedPrompts(
  flows: FlowSet,
  format: AudioFormat = TELEPHONE_FORMAT,
): Map<string, PromptWanted> {
  const wanted = new Map<string, PromptWanted>();
  for (const flow of flowsOf(flows)) {
    const { failure, filler, goodbye, resumed } = systemPrompts(flow);
    for (const source of [failure, filler, goodbye, resumed, ...fixedPrompts(flow)]) {
      const key = promptKey(source, format);
      wanted.set(key, {
        kind: 'prompt.wanted',
        key,
        format: formatName(format),
        source,
        isUrgent: false,
      });
    }
  }
  return wanted;
}
