/** What the server hands to whoever measures it: workers get their meters, and what crosses to and from calls is seen. I/O thread. */
import type { FromCall } from '../channel/messages.ts';
import type { WorkerTelemetry } from '../channel/worker-start.ts';
import type { CallPlacement } from './live-call-surroundings.ts';

export interface ServerTelemetry {
  /** For a worker that is about to start. */
  forWorker(workerIndex: number): WorkerTelemetry;
  /** The workers, as calls that are watched have them. */
  placing(workers: CallPlacement): CallPlacement;
  /** An order of a call's worker, before it is carried out. Never throws. */
  fromCall(message: FromCall): void;
}

/** What a spoken answer took until the caller heard the next prompt, in its parts. */
export interface TurnTimes {
  /** The silence that showed that the caller had ended. */
  readonly endpointingMs: number;
  /** Recognizer, understanding, step and commit, as this thread sees it. */
  readonly workMs: number;
  /** To the first audio on its way. */
  readonly audioMs: number;
}
