/** A refusal that a page reads: RFC 9457, with a `code` that it can tell from others and words that say what to do. */
import type { Answer } from './exchange.ts';

export interface Problem {
  /** Code and phrase, as `403 Forbidden`. */
  readonly status: string;
  /** Short and for ever the same, as `not-local`. */
  readonly code: string;
  readonly title: string;
  /** What to do about it. Nothing of our insides, and nothing that the peer sent. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function problemAnswer({ code, detail, headers, status, title }: Problem): Answer {
  const body = { type: 'about:blank', title, status: Number.parseInt(status, 10), detail, code };
  return {
    status,
    contentType: 'application/problem+json',
    body: `${JSON.stringify(body)}\n`,
    ...(headers === undefined ? {} : { headers }),
  };
}
