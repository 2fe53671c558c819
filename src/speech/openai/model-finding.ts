/** What the answer about a model means to the operator, in one sentence that names vendor, setting and cure. Pure. */
import type { VendorChecked } from '../../channel/vendor-messages.ts';
import type { ProviderError } from '../../errors.ts';
import { shutdownOf } from './model-shutdown.ts';
import type { ModelUse } from './model-use.ts';

/** Who was asked: OpenAI itself, or a server of the operator's at `host`. */
export type AskedServer = { readonly kind: 'openai' } | { readonly kind: 'own'; readonly host: string };

const WARNED_DAYS = 90;
const PROVIDER = 'openai';

/** `model` is the API's object. Only OpenAI's own says when it ends, and only there do our dates hold. */
export function findingOfModel(
  use: ModelUse,
  model: object,
  server: AskedServer,
  wallMs: number,
): VendorChecked {
  if (server.kind === 'own') return answers(use, server.host);
  const { provider, setting, cure } = use;
  const name = `${use.model} (${setting})`;
  const shutdown = shutdownOf(use.model, Reflect.get(model, 'shutdown_date'), wallMs);
  if (shutdown === null) return checked(provider, 'ok', `OpenAI accepts the key and has ${name}.`);
  const { date, daysLeft } = shutdown;
  if (daysLeft <= 0) return checked(provider, 'error', `OpenAI has shut down ${name} on ${date}: ${cure}.`);
  if (daysLeft <= WARNED_DAYS) {
    const days = daysLeft === 1 ? '1 day' : `${daysLeft} days`;
    return checked(provider, 'warning', `OpenAI shuts down ${name} on ${date}, in ${days}: ${cure}.`);
  }
  return checked(provider, 'ok', `OpenAI accepts the key and has ${name}, until ${date}.`);
}

export function findingOfError(use: ModelUse, error: ProviderError, server: AskedServer): VendorChecked {
  const { statusCode, fault } = error;
  const who = server.kind === 'openai' ? 'OpenAI' : `The server at ${server.host} (OPENAI_BASE_URL)`;
  if (statusCode === 404) {
    // Self-hosted servers need not list what they have.
    if (server.kind === 'own') return answers(use, server.host);
    const { provider, model, setting, cure } = use;
    return checked(provider, 'error', `OpenAI has no model ${model} (${setting}) for this key: ${cure}.`);
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

function answers(use: ModelUse, host: string): VendorChecked {
  return checked(use.provider, 'ok', `The server at ${host} (OPENAI_BASE_URL) answers.`);
}

function checked(provider: string, level: VendorChecked['level'], text: string): VendorChecked {
  return { kind: 'vendor.checked', provider, level, text };
}
