/**
 * Asks OpenAI at the start whether the key is right and the configured models are there, and for how long yet: a model
 * that is gone is found by the operator, not by a caller. One cheap request a model; nothing is transcribed or spoken.
 */
import type { OpenAiSettings } from '../../channel/speech-settings.ts';
import type { VendorChecked } from '../../channel/vendor-messages.ts';
import type { Clock } from '../../clock.ts';
import { ProviderError } from '../../errors.ts';
import { type AskedServer, findingOfError, findingOfModel } from './model-finding.ts';
import { type ModelUse, modelUses, type OpenAiUse } from './model-use.ts';
import { OpenAiApi } from './openai-api.ts';
import { toUnusable } from './openai-failure.ts';
import { OPENAI_BASE_URL } from './openai-server.ts';

const PROVIDER = 'openai';

/** Rejects with the signal's reason only; whatever else goes wrong is a finding. Nothing at all for no uses. */
export async function checkOpenAi(
  settings: OpenAiSettings,
  uses: readonly OpenAiUse[],
  clock: Clock,
  signal: AbortSignal,
): Promise<VendorChecked[]> {
  const api = new OpenAiApi({ settings, clock, body: 'whole' });
  const server = serverOf(settings);
  try {
    const findings = await Promise.all(
      modelUses(settings, uses).map((use) => checkModel(api, server, use, clock, signal)),
    );
    // A wrong key or a dead host is one problem, however many models it hides.
    return findings.filter(({ text }, at) => findings.findIndex((other) => other.text === text) === at);
  } finally {
    api.close();
  }
}

async function checkModel(
  api: OpenAiApi,
  server: AskedServer,
  use: ModelUse,
  clock: Clock,
  signal: AbortSignal,
): Promise<VendorChecked> {
  try {
    const model: unknown = await api.request(PROVIDER, signal, (client) =>
      client.models.retrieve(use.model, { signal }),
    );
    if (typeof model !== 'object' || model === null) throw toUnusable(PROVIDER, 'no JSON object');
    return findingOfModel(use, model, server, clock.wallMs());
  } catch (thrown) {
    if (!(thrown instanceof ProviderError)) throw thrown;
    return findingOfError(use, thrown, server);
  }
}

/** OpenAI's regional hosts (`eu.api.openai.com`) are OpenAI's own as well. */
function serverOf({ baseUrl }: OpenAiSettings): AskedServer {
  const { host } = new URL(baseUrl ?? OPENAI_BASE_URL);
  const isOpenAi = host === 'api.openai.com' || host.endsWith('.api.openai.com');
  return isOpenAi ? { kind: 'openai' } : { kind: 'own', host };
}
