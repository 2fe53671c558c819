/**
 * Calls that a dead process left behind and whose carrier does not come back by itself. Looked for once, when the server
 * has begun to listen; those that are silent for 3 s from then on are redirected to `/voice/continue` by REST. A carrier that
 * waits by our TwiML asks every 2 s, so it is not disturbed. Where nodes share a store, what has no end there may be live on
 * another: then it is those of nodes that are dead (dead-nodes.ts). I/O thread.
 *
 *   left behind --asked for--> back
 *        \------3 s------> redirected | over (the record ends) | later, at most 3 times | refused
 */
import type { Clock } from '../clock.ts';
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CallStore, LiveCallPlace } from '../store/call-store.ts';
import { BROWSER_NAME } from './browser/browser-caller.ts';
import type { CallDirectory } from './call-directory.ts';
import type { CallDoor } from './call-door.ts';
import { type RedirectCall, redirectBy } from './call-redirect.ts';
import { callsOfDeadNodes } from './dead-nodes.ts';
import type { ServerSettings } from './server-settings.ts';

export interface SilentCallsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<CallStore, 'list' | 'finish' | 'engine' | 'liveCalls' | 'nodes'>;
  /** This node, among those that share the store. */
  readonly nodeId: string;
  readonly redirect: RedirectCall;
  /** Where the carrier is to ask for the call. */
  readonly continueUrl: (callSid: string, attempt: number) => string;
  /** A stream of it is open here, or was. */
  readonly isKnown: (callSid: string) => boolean;
  /** Nobody's call is older. */
  readonly callLifeMs: number;
}

type LeftCall = Pick<LiveCallPlace, 'callSid' | 'attempt' | 'from' | 'startedAtWallMs'>;

const SILENT_MS = 3000;
/** Records that are looked at, the newest: more than the calls of one node. */
const RECORDS_MAX = 2000;
const TRIES_MAX = 3;
const RETRY_MS = 1000;
/** Twilio takes some 100 a second; a burst of ours is not to cost it a refusal. */
const AT_ONCE_MAX = 10;

export class SilentCalls {
  readonly #parts: SilentCallsParts;
  readonly #leftBehind = new Map<string, number>();
  #isClosed = false;

  constructor(parts: SilentCallsParts) {
    this.#parts = parts;
  }

  /** Resolves when each was seen to. Never rejects. */
  async bringBack(): Promise<void> {
    const { log } = this.#parts;
    try {
      for (const { callSid, attempt } of await this.#find()) this.#leftBehind.set(callSid, attempt);
      if (this.#leftBehind.size === 0) return;
      log.warn({ event: 'calls.left', calls: this.#leftBehind.size }, 'an earlier process left calls behind');
      if (this.#parts.store.engine === 'sqlite') await this.#wait(SILENT_MS);
      const silent = [...this.#leftBehind];
      const queue = silent[Symbol.iterator]();
      const seeTo = async (): Promise<void> => {
        for (const [callSid, attempt] of queue) await this.#seeTo(callSid, attempt);
      };
      await Promise.all(Array.from({ length: AT_ONCE_MAX }, seeTo));
    } catch (thrown) {
      log.error(
        { event: 'calls.not-brought-back', err: toErrorRecord(thrown) },
        'silent calls were not redirected',
      );
    }
  }

  /** The carrier has asked about the call. */
  cameBack(callSid: string): void {
    this.#leftBehind.delete(callSid);
  }

  /** Nothing is redirected from now on. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#leftBehind.clear();
  }

  async #find(): Promise<readonly LeftCall[]> {
    const { callLifeMs, clock, isKnown, store } = this.#parts;
    const left = store.engine === 'sqlite' ? await this.#findInFile() : await this.#findOnDeadNodes();
    const oldestWallMs = clock.wallMs() - callLifeMs;
    return left.filter(
      ({ callSid, from, startedAtWallMs }) =>
        startedAtWallMs > oldestWallMs && !isKnown(callSid) && from !== BROWSER_NAME,
    );
  }

  async #findInFile(): Promise<readonly LeftCall[]> {
    const records = await this.#parts.store.list(RECORDS_MAX);
    return records.filter(
      ({ endReason, outcome }) => outcome === null && (endReason === null || endReason === 'shutting down'),
    );
  }

  /** Their carriers have had the time meanwhile to come back by themselves. */
  #findOnDeadNodes(): Promise<readonly LeftCall[]> {
    return callsOfDeadNodes(this.#parts, () => this.#isClosed);
  }

  async #seeTo(callSid: string, attempt: number): Promise<void> {
    const { continueUrl, isKnown, log, redirect, store } = this.#parts;
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      if (this.#isClosed || !this.#leftBehind.has(callSid) || isKnown(callSid)) return;
      const answer = await redirect(callSid, continueUrl(callSid, attempt));
      if (answer.kind === 'redirected') {
        log.info({ event: 'call.redirected', callSid, attempt: tries }, 'a silent call was redirected');
        return;
      }
      if (answer.kind === 'over') {
        this.#leftBehind.delete(callSid);
        log.info({ event: 'call.over', callSid }, 'a silent call had ended meanwhile');
        await store.finish(callSid, attempt, 'stream lost');
        return;
      }
      log.warn(
        { event: 'call.not-redirected', callSid, attempt: tries, cause: answer.reason },
        'a redirect failed',
      );
      if (answer.kind === 'refused') return;
      await this.#wait(RETRY_MS * tries);
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.setTimer(delayMs, resolve);
    });
  }
}

/** Null where the carrier cannot be asked or could not find us. */
export function createSilentCalls(parts: {
  readonly settings: ServerSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: CallStore;
  readonly nodeId: string;
  readonly door: CallDoor;
  readonly directory: Pick<CallDirectory, 'claimedAttempt'>;
}): SilentCalls | null {
  const { clock, directory, door, log, nodeId, settings, store } = parts;
  const { accountSid, apiBaseUrl: baseUrl, authToken, publicUrl } = settings;
  if (accountSid === null || authToken === null || baseUrl === null || publicUrl === null) return null;
  return new SilentCalls({
    clock,
    log,
    store,
    nodeId,
    redirect: redirectBy({ accountSid, authToken, baseUrl }),
    continueUrl: (callSid, attempt) => door.continueUrl(callSid, attempt) ?? '',
    isKnown: (callSid) => directory.claimedAttempt(callSid) >= 0,
    callLifeMs: door.callLifeMs,
  });
}
