/** Where the Realtime API is, and what its refusal of a handshake means. */
import type { IncomingMessage } from 'node:http';
import type { ProviderError } from '../../errors.ts';
import type { LiveAddress } from './live-connection.ts';
import { toAnswerError, toTransportError } from './openai-failure.ts';
import { addressOf, identityOf, type OpenAiServer } from './openai-server.ts';
import { readStart } from './response-body.ts';

export function liveAddress(server: OpenAiServer): LiveAddress {
  // http becomes ws, https wss.
  const url = addressOf(server, '/realtime?intent=transcription').replace(/^http/, 'ws');
  return { url, headers: identityOf(server) };
}

/** Never rejects. The connection's timeout ends a body that hangs. */
export async function refusedHandshake(
  response: IncomingMessage,
  provider: string,
  wallMs: number,
): Promise<ProviderError> {
  try {
    const { statusCode: status = 0, headers } = response;
    return toAnswerError(provider, { status, headers, body: await readStart(response) }, wallMs);
  } catch (error) {
    return toTransportError(error, provider);
  }
}
