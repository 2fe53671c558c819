/** A request to the board's API, with the operator's token. */
import { type Problem, readProblem, UNREACHABLE } from '../shared/problem.ts';
import { rootUrl } from '../shared/root-url.ts';
import { readAdminToken } from './admin-token.ts';

export type AdminAnswer =
  | { readonly kind: 'answer'; readonly response: Response }
  | { readonly kind: 'refused'; readonly problem: Problem };

export async function adminFetch(
  path: string,
  options: { readonly signal: AbortSignal; readonly method?: 'GET' | 'POST' },
): Promise<AdminAnswer> {
  const token = readAdminToken();
  try {
    const response = await fetch(new URL(path, rootUrl()), {
      method: options.method ?? 'GET',
      headers: token === '' ? {} : { Authorization: `Bearer ${token}` },
      signal: options.signal,
      cache: 'no-store',
      redirect: 'error',
    });
    if (response.ok) return { kind: 'answer', response };
    return { kind: 'refused', problem: await readProblem(response) };
  } catch {
    return { kind: 'refused', problem: UNREACHABLE };
  }
}

/** A refusal in words, for whoever operates the server. */
export function adminSentence(problem: Problem): string {
  if (problem.code === 'unreachable') return 'The server does not answer. Trying again…';
  if (problem.detail !== '') return problem.detail;
  if (problem.status === 403) {
    return 'The board answers requests from its own machine only. Set ADMIN_TOKEN to open it to others.';
  }
  return `The server answered with status ${problem.status}.`;
}
