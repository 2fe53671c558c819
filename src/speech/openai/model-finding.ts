/** What the answer about a model means to the operator, in one sentence that names vendor, setting and cure. Pure. */
import type { VendorChecked } from '../../channel/vendor-messages.ts';
import type { ProviderError } from '../../errors.ts';
import { shutdownOf } from './model-shutdown.ts';
import type { ModelUse } from './model-use.ts';

/** Who was asked: OpenAI itself, or a server of the operator's at `host`. */
export type AskedServer = { readonly kind: 'openai' } | { readonly kind: 'own'; readonly host: string };

const WARNED_DAYS = 90;
const PROVIDER = 'openai';

/** `model` is the API's object. A date in it holds whoever gives it (a proxy, too); the dates that we know are OpenAI's own. */
export function findingOfModel(
  use: ModelUse,
  model: object,
  server: AskedServer,
  wallMs: number,
): VendorChecked {
  const { provider, setting, cure } = use;
  const name = `${use.model} (${setting})`;
  const isOwn = server.kind === 'own';
  const shutdown = shutdownOf(use.model, Reflect.get(model, 'shutdown_date'), wallMs, { knowsOurs: !isOwn });
  if (shutdown === null) {
    return isOwn
      ? answers(use, server.host)
      : checked(provider, 'ok', `OpenAI accepts the key and has ${name}.`);
  }
  const who = nameOf(server);
  const { date, daysLeft } = shutdown;
  if (daysLeft <= 0) return checked(provider, 'error', `${who} has shut down ${name} on ${date}: ${cure}.`);
  if (daysLeft <= WARNED_DAYS) {
    const days = daysLeft === 1 ? '1 day' : `${daysLeft} days`;
    return checked(provider, 'warning', `${who} shuts down ${name} on ${date}, in ${days}: ${cure}.`);
  }
  return checked(provider, 'ok', `${who} accepts the key and has ${name}, until ${date}.`);
}

export function findingOfError(use: ModelUse, error: ProviderError, server: AskedServer): VendorChecked {
  const { statusCode, fault } = error;
  const who = nameOf(server);
  if (statusCode === 404) {
    // Self-hosted servers need not list what they have; one that names the model as what is missing means it.
    if (server.kind === 'own' && error.vendorCode !== 'model_not_found') return answers(use, server.host);
    const { provider, model, setting, cure } = use;
    return checked(provider, 'error', `${who} has no model ${model} (${setting}) for this key: ${cure}.`);
  }
  if (statusCode === 401 || statusCode === 403) {
    const text = `${who} refuses the key (status ${statusCode}): correct OPENAI_API_KEY.`;
    return checked(PROVIDER, 'error', text);
  }
  if (statusCode === 429 && fault === 'denied') {
    return checked(PROVIDER, 'error', `${who} has no quota left for the key: check its plan and billing.`);
  }
  const cure =
    server.kind === 'openai'
      ? "check the network and OpenAI's status"
      : 'check OPENAI_BASE_URL and that it runs';
  return checked(PROVIDER, 'error', `${who} could not be asked (${error.message}): ${cure}.`);
}

function nameOf(server: AskedServer): string {
  return server.kind === 'openai' ? 'OpenAI' : `The server at ${server.host} (OPENAI_BASE_URL)`;
}

function answers(use: ModelUse, host: string): VendorChecked {
  return checked(use.provider, 'ok', `The server at ${host} (OPENAI_BASE_URL) answers.`);
}

function checked(provider: string, level: VendorChecked['level'], text: string): VendorChecked {
  return { kind: 'vendor.checked', provider, level, text };
}
