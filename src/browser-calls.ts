/** Browser calls as the configuration wants them: their routes' settings, and the prompts they share. Part of the composition root. */
import { addon } from './audio/addon.ts';
import { BROWSER_FORMAT, formatName } from './audio/audio-format.ts';
import type { PromptWanted } from './channel/voice-messages.ts';
import type { Config } from './config.ts';
import type { FlowSet } from './flow/flow-set.ts';
import { systemPrompts } from './flow/system-prompts.ts';
import type { MediaPlane } from './media/media-plane.ts';
import type { MediaStreamLimits } from './media/media-stream-hooks.ts';
import type { BrowserSettings } from './server/browser/browser-routes.ts';
import { browserStreams } from './server/browser/browser-streams.ts';
import { promptKey } from './speech/prompt.ts';
import { wantedPrompts } from './wanted-prompts.ts';

export function browserSettings(
  config: Config,
  flows: FlowSet,
  plane: MediaPlane,
  limits: MediaStreamLimits,
): BrowserSettings {
  const { failure, filler } = systemPrompts(flows.default);
  const apologyKey = promptKey(failure, BROWSER_FORMAT);
  return {
    calls: config.BROWSER_CALLS,
    trustedProxies: config.TRUSTED_PROXIES,
    openStream: browserStreams(plane, addon, { ...limits, goodbyePromptKey: apologyKey }),
    apologyKey,
    fillerKey: promptKey(filler, BROWSER_FORMAT),
    playFormat: formatName(BROWSER_FORMAT),
  };
}

/** What every browser call needs, made ahead. Until they are there, a call has them made as it wants them. */
export function browserPrompts({ BROWSER_CALLS }: Config, flows: FlowSet): ReadonlyMap<string, PromptWanted> {
  return BROWSER_CALLS === 'off' ? new Map() : wantedPrompts(flows, BROWSER_FORMAT);
}
