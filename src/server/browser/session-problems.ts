/** Why a page gets no session. `code` is what the page tells them apart by. */
import type { Problem } from '../problem.ts';

export const SESSION_PROBLEMS = {
  badRequest: {
    status: '400 Bad Request',
    code: 'bad-request',
    title: 'No request for a session',
    detail: 'Send nothing, or a JSON object with a callToken.',
  },
  badToken: {
    status: '400 Bad Request',
    code: 'bad-token',
    title: 'Not a token of this server',
    detail: 'Send the callToken of an earlier session, or none to begin a new call.',
  },
  callOver: {
    status: '410 Gone',
    code: 'call-over',
    title: 'The call is over',
    detail: 'Begin a new call: this one has ended, was lost too often, or is too old.',
  },
  full: {
    status: '503 Service Unavailable',
    code: 'full',
    title: 'All lines are busy',
    detail: 'Try again when a call has ended, or raise MAX_CALLS.',
    headers: { 'Retry-After': '10' },
  },
  notReady: {
    status: '503 Service Unavailable',
    code: 'not-ready',
    title: 'The server is starting',
    detail: 'Try again in a few seconds.',
    headers: { 'Retry-After': '2' },
  },
  draining: {
    status: '503 Service Unavailable',
    code: 'draining',
    title: 'The server is about to stop',
    detail: 'Try again in a minute: it takes no new calls, and another one may.',
    headers: { 'Retry-After': '30' },
  },
} as const satisfies Record<string, Problem>;

export function tooMany(waitMs: number): Problem {
  return {
    status: '429 Too Many Requests',
    code: 'too-many',
    title: 'Too many calls from this address',
    detail: 'Wait as long as Retry-After says.',
    headers: { 'Retry-After': String(Math.ceil(waitMs / 1000)) },
  };
}
