/** Where the Realtime API is, and what its refusal of a handshake means. */
import type { IncomingMessage } from 'node:http';
import type { OpenAiSettings } from '../../channel/speech-settings.ts';
import type { ProviderError } from '../../errors.ts';
import type { LiveAddress } from './live-connection.ts';
import { OPENAI_BASE_URL } from './openai-api.ts';
import { codeOf, toStatusError, toTransportError } from './openai-failure.ts';
import { readStart } from './response-body.ts';

export function liveAddress({ apiKey, baseUrl }: Pick<OpenAiSettings, 'apiKey' | 'baseUrl'>): LiveAddress {
  return {
    // http becomes ws, https wss.
    url: `${(baseUrl ?? OPENAI_BASE_URL).replace(/^http/, 'ws')}/realtime?intent=transcription`,
    headers: {
      'User-Agent': 'trunkline',
      ...(apiKey === null ? {} : { Authorization: `Bearer ${apiKey}` }),
    },
  };
}

/** Never rejects. The connection's timeout ends a body that hangs. */
export async function refusedHandshake(
  response: IncomingMessage,
  provider: string,
  wallMs: number,
): Promise<ProviderError> {
  try {
    const body = await readStart(response);
    const headers = new Headers();
    for (const name of ['retry-after', 'retry-after-ms', 'x-request-id']) {
      const value = response.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    return toStatusError(provider, response.statusCode ?? 0, codeOf(errorIn(body)), headers, wallMs);
  } catch (error) {
    return toTransportError(error, provider);
  }
}

function errorIn(body: Buffer): unknown {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as { error?: unknown }).error : null;
  } catch {
    return null;
  }
}
