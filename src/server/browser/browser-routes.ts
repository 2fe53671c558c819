/** What browser calls need, put together, and their routes. I/O thread. */
import type { Clock } from '../../clock.ts';
import type { Admission } from '../admission.ts';
import type { CallDirectory } from '../call-directory.ts';
import type { CallDoor } from '../call-door.ts';
import type { GuardedApp } from '../guarded-app.ts';
import type { LiveCallSurroundings } from '../live-call-surroundings.ts';
import type { NextOfCall } from '../next-of-call.ts';
import type { QuietLog } from '../quiet-log.ts';
import type { Readiness } from '../readiness.ts';
import type { ServerSettings } from '../server-settings.ts';
import type { StreamTokens } from '../stream-tokens.ts';
import type { WarmWait } from '../warm-wait.ts';
import { AddressLimit } from './address-limit.ts';
import { type BrowserCalls, BrowserGate } from './browser-gate.ts';
import { BROWSER_SOCKET_PATH, BrowserSocket } from './browser-socket.ts';
import type { OpenBrowserStream } from './browser-streams.ts';
import { ClientAddress } from './client-address.ts';
import { SESSIONS_PATH, Sessions } from './sessions.ts';

/** What the composition root gives. */
export interface BrowserSettings {
  readonly calls: BrowserCalls;
  /** Addresses and networks whose X-Forwarded-For counts; checked. */
  readonly trustedProxies: readonly string[];
  readonly openStream: OpenBrowserStream;
  /** As of the telephone's calls (`LiveCallSurroundings`), in a browser's format. */
  readonly apologyKey: string;
  readonly fillerKey: string;
  readonly playFormat: string;
}

export interface BrowserRoutesParts {
  readonly browser: BrowserSettings;
  readonly settings: Pick<ServerSettings, 'publicUrl' | 'sessionKey'>;
  /** Of the telephone's calls. */
  readonly around: LiveCallSurroundings;
  readonly admission: Admission;
  readonly directory: CallDirectory;
  readonly readiness: Readiness;
  readonly warmWait: WarmWait;
  readonly door: CallDoor;
  readonly next: NextOfCall;
  readonly tokens: StreamTokens;
  readonly clock: Clock;
  readonly log: QuietLog;
  readonly answered: (callSid: string) => void;
}

/** A page that reconnects asks a few times in a row; an office behind one address has many pages. */
const AT_ONCE = 30;
const INTERVAL_MS = 2000;
const ADDRESSES_MAX = 10_000;

export class BrowserRoutes {
  readonly #sessions: Sessions;
  readonly #socket: BrowserSocket;

  constructor(parts: BrowserRoutesParts) {
    const { around, browser, clock, settings } = parts;
    const { apologyKey, calls, fillerKey, openStream, playFormat, trustedProxies } = browser;
    const { publicUrl, sessionKey } = settings;
    const gate = new BrowserGate(calls, publicUrl);
    this.#sessions = new Sessions({
      ...parts,
      gate,
      clientAddress: new ClientAddress(trustedProxies),
      limit: new AddressLimit({
        clock,
        atOnce: AT_ONCE,
        intervalMs: INTERVAL_MS,
        addressesMax: ADDRESSES_MAX,
      }),
      sessionKey,
      publicUrl,
    });
    this.#socket = new BrowserSocket({
      ...parts,
      gate,
      openStream,
      // No carrier has an account to be held against, and recordings are of telephone lines (media/audio-recorder.ts).
      around: { ...around, accountSid: null, recordings: null, apologyKey, fillerKey, playFormat },
    });
  }

  /** `prefix`: of the public address, or empty. */
  register(app: GuardedApp, prefix: string): void {
    app.route('post', prefix + SESSIONS_PATH, (exchange) => this.#sessions.answer(exchange));
    app.socket(`${prefix}${BROWSER_SOCKET_PATH}:streamToken`, this.#socket);
  }
}
