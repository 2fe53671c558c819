/** Everything that the server needs and does not own. */
import type { MessagePort } from 'node:worker_threads';
import type { CallWorkerSettings } from '../channel/worker-start.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { RecordFiles } from '../recordings/record-files.ts';
import type { CallStore } from '../store/call-store.ts';
import type { DialStore } from '../store/dial-store.ts';
import type { BoardSettings } from './board/board.ts';
import type { BrowserSettings } from './browser/browser-routes.ts';
import type { GuardedApp } from './guarded-app.ts';
import type { StoreHealth } from './health.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import type { LoopDelay } from './loop-delay.ts';
import type { Pages } from './pages.ts';
import type { ServerSettings } from './server-settings.ts';
import type { ServerTelemetry } from './server-telemetry.ts';
import type { OpenStream } from './twilio-socket.ts';
import type { VendorHealthBoard } from './vendor-health.ts';

export interface ServerParts {
  readonly settings: ServerSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Not closed with the server. */
  readonly store: CallStore;
  /** Outbound calls; absent: there are none. */
  readonly dials?: DialStore;
  /** By which the store, and other nodes, know this one. */
  readonly nodeId: string;
  readonly storeHealth: () => StoreHealth;
  /** What threads tell of speech vendors is kept here. */
  readonly vendors: VendorHealthBoard;
  /** The voice thread answers and the prompts that every call needs are in the registry. */
  readonly isVoiceReady: () => boolean;
  /** Makes the media stream of a socket. */
  readonly openStream: OpenStream;
  /** Every call is recorded from its start; absent: it is, where there are recordings. */
  readonly recordsAll?: boolean;
  /** Where both legs of calls are kept, if they are. Not closed with the server. */
  readonly recordings?: Pick<RecordFiles, 'open' | 'counts'> | null;
  /** Keys of the goodbye of last resort, and of what is said in a silence of ours; `codec-rate` of what streams play. */
  readonly apologyKey: string;
  readonly fillerKey: string;
  readonly playFormat: string;
  /** Entry of the call workers, and what each is started with. */
  readonly workerUrl: URL;
  readonly openStorePort: (workerIndex: number) => MessagePort;
  readonly openVoicePort: (workerIndex: number) => MessagePort;
  readonly flows: unknown;
  readonly flowHashOf: (calledNumber: string) => string;
  readonly readyPromptKeys: () => readonly string[];
  readonly workerSettings: CallWorkerSettings;
  /** The process should end: workers cannot be started, or the port was lost. */
  readonly onFatal: (error: Error) => void;
  /** Asked just before the port is listened on; resolves with another port than the setting's, or null. */
  readonly claimPort?: () => Promise<number | null>;
  /** The port is listened on no more; streams end after this, and their carriers ask elsewhere. */
  readonly onPortLeft?: () => void;
  /** In place of what the loop itself shows, for how many calls may come; closed with the server. */
  readonly loopDelay?: LoopDelay;
  /** Keeps every call's journal; null or absent: none is kept. */
  readonly journals?: JournalKeeper | null;
  /** The operator's board; absent: there is none. */
  readonly board?: BoardSettings;
  /** The browser phone and the board's pages; null or absent: none are served. */
  readonly pages?: Pages | null;
  /** Calls from browsers; absent: there are no such routes. */
  readonly browser?: BrowserSettings;
  /** Further routes (metrics), through the same guard. */
  readonly addRoutes?: (app: GuardedApp) => void;
  /** Measures calls and workers; absent: nobody does. */
  readonly telemetry?: ServerTelemetry;
}
