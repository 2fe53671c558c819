/**
 * The board's snapshots, as long as it is watched: a stream of server-sent events, read by fetch since EventSource sends no
 * Authorization header; opened again whenever it ends or goes silent.
 */

import type { BoardSnapshot } from '../../../src/protocol/board-api.ts';
import { backOffMs } from '../shared/back-off.ts';
import type { Problem } from '../shared/problem.ts';
import { wait } from '../shared/wait.ts';
import { adminFetch } from './admin-fetch.ts';
import { EventLines } from './event-lines.ts';

export type FeedState =
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  /** What is shown is old; it is being tried again. */
  | { readonly name: 'lost'; readonly problem: Problem }
  /** Only another token helps. */
  | { readonly name: 'locked' };

export interface FeedEvents {
  onState(state: FeedState): void;
  onSnapshot(snapshot: BoardSnapshot): void;
}

/** Two a second are the rule. */
const SILENT_MAX_MS = 15_000;
const RECONNECT = { firstMs: 500, longestMs: 8000 };
const ENDED: Problem = { code: 'unreachable', status: 0, detail: '', retryAfterSeconds: null };

/** Resolves when `signal` is aborted, or when the server wants a token that it was not given. */
export async function watchBoard(events: FeedEvents, signal: AbortSignal): Promise<void> {
  events.onState({ name: 'connecting' });
  for (let attempt = 0; !signal.aborted; attempt++) {
    const stale = new AbortController();
    const either = AbortSignal.any([signal, stale.signal]);
    const problem = await readFeed(either, stale, (snapshot) => {
      attempt = 0;
      events.onSnapshot(snapshot);
      events.onState({ name: 'open' });
    });
    if (signal.aborted) return;
    if (problem.status === 401) {
      events.onState({ name: 'locked' });
      return;
    }
    events.onState({ name: 'lost', problem });
    await wait(backOffMs(attempt, RECONNECT), signal);
  }
}

async function readFeed(
  signal: AbortSignal,
  stale: AbortController,
  onSnapshot: (snapshot: BoardSnapshot) => void,
): Promise<Problem> {
  let timer = setTimeout(() => stale.abort(), SILENT_MAX_MS);
  try {
    const answer = await adminFetch('api/board', { signal });
    if (answer.kind === 'refused') return answer.problem;
    const reader = answer.response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const lines = new EventLines();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return ENDED;
      clearTimeout(timer);
      timer = setTimeout(() => stale.abort(), SILENT_MAX_MS);
      for (const event of lines.push(value)) {
        if (event.name === 'board') onSnapshot(JSON.parse(event.data) as BoardSnapshot);
      }
    }
  } catch {
    return ENDED;
  } finally {
    clearTimeout(timer);
    stale.abort();
  }
}
