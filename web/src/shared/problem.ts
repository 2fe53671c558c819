/**
 * Why a request did not give what was asked for. The server's refusals come as problem+json (RFC 9457) with a `code`; what
 * never reached it, or came from something in between, has one of ours.
 */
export interface Problem {
  /** The server's code, or `unreachable` (no answer), `unreadable` (an answer that is none of ours). */
  readonly code: string;
  readonly status: number;
  /** The server's own sentence; may be empty. */
  readonly detail: string;
  /** What Retry-After asks for; null if it does not. */
  readonly retryAfterSeconds: number | null;
}

export const UNREACHABLE: Problem = { code: 'unreachable', status: 0, detail: '', retryAfterSeconds: null };

const DETAIL_CHARACTERS_MAX = 300;

export async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { code, detail } = fields;
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return {
    code: typeof code === 'string' ? code : 'unreadable',
    status: response.status,
    detail: typeof detail === 'string' ? detail.slice(0, DETAIL_CHARACTERS_MAX) : '',
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : null,
  };
}
