/** Where OpenAI is, or a server that speaks its API; how we say who we are; and how long its right answers are. */
import type { OpenAiSettings } from '../../channel/speech-settings.ts';

export type OpenAiServer = Pick<OpenAiSettings, 'apiKey' | 'baseUrl'>;

export const OPENAI_BASE_URL = 'https://api.openai.com/v1';

/** A transcript of 60 s and a chat's answer are some 2 KiB; what is longer is no answer. */
export const ANSWER_MAX_BYTES = 64 * 1024;

/** `path` begins with a slash. */
export function addressOf({ baseUrl }: OpenAiServer, path: string): string {
  return `${(baseUrl ?? OPENAI_BASE_URL).replace(/\/$/, '')}${path}`;
}

/** A server that asks for no key gets none. */
export function identityOf({ apiKey }: OpenAiServer): Readonly<Record<string, string>> {
  return { 'user-agent': 'trunkline', ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }) };
}
