/** Asks the server for a call, or for a further stream of one that was lost. */
import { type Problem, readProblem, UNREACHABLE } from '../shared/problem.ts';
import { rootUrl } from '../shared/root-url.ts';

export interface Session {
  readonly callSid: string;
  readonly streamUrl: URL;
  /** Takes the call up again; a secret, kept in this page only. */
  readonly callToken: string;
}

export type SessionAnswer =
  | { readonly kind: 'session'; readonly session: Session }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** Of the bot's audio; the one that the server has for browsers. */
export const PLAY_RATE_HZ = 16_000;

const ANSWER_MAX_MS = 10_000;

/** `callToken` of the call to take up; null for a new one. Aborted by `signal`, it is as if the server were unreachable. */
export async function openSession(callToken: string | null, signal: AbortSignal): Promise<SessionAnswer> {
  try {
    const response = await fetch(new URL('api/sessions', rootUrl()), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(callToken === null ? {} : { callToken }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MAX_MS)]),
      cache: 'no-store',
      redirect: 'error',
    });
    if (response.status !== 201) return { kind: 'refused', problem: await readProblem(response) };
    const session = readSession(await response.json());
    return session === null
      ? { kind: 'refused', problem: { ...UNREACHABLE, code: 'unreadable', status: response.status } }
      : { kind: 'session', session };
  } catch {
    return { kind: 'refused', problem: UNREACHABLE };
  }
}

function readSession(body: unknown): Session | null {
  if (typeof body !== 'object' || body === null) return null;
  const { callSid, streamUrl, callToken, play } = body as Readonly<Record<string, unknown>>;
  const { codec, sampleRateHz } = (play ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof callSid !== 'string' || typeof streamUrl !== 'string' || typeof callToken !== 'string')
    return null;
  if (codec !== 'pcm16' || sampleRateHz !== PLAY_RATE_HZ) return null;
  const url = new URL(streamUrl, rootUrl());
  url.protocol = url.protocol.replace('http', 'ws');
  return { callSid, streamUrl: url, callToken };
}
