/** What the errors that the SDK throws mean. They may hold what the vendor wrote; therefore they are no `cause`. */
import { APIConnectionError, APIError } from 'openai';
import { ProviderError } from '../../errors.ts';
import { codeOf, toStatusError, toTransportError, toUnusable } from './openai-failure.ts';

/** Any error of the SDK or of the transport under it. `wallMs` is now. */
export function toProviderError(thrown: unknown, provider: string, wallMs: number): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  if (thrown instanceof APIConnectionError) return toTransportError(thrown.cause, provider);
  if (thrown instanceof APIError && typeof thrown.status === 'number') {
    const headers = thrown.headers instanceof Headers ? thrown.headers : new Headers();
    return toStatusError(provider, thrown.status, codeOf(thrown.error), headers, wallMs);
  }
  // The SDK parses answers that call themselves JSON.
  if (thrown instanceof SyntaxError) return toUnusable(provider, 'JSON that ends early or is none');
  return toTransportError(thrown, provider);
}
