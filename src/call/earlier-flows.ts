/**
 * The versions of flows that calls began with and that this process does not serve any more: their files have changed since.
 * Read from the store's texts, once each, and kept, a few. Call worker.
 */
import type { CallStart } from '../channel/messages.ts';
import { toErrorRecord } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import { type FlowSet, flowByHash, flowFor, flowsOf } from '../flow/flow-set.ts';
import { readFlow } from '../flow/load-flow.ts';
import type { Log } from '../log.ts';

/** Who edits a flow more often than this while a call is on loses the oldest version, not the call. */
const VERSIONS_MAX = 16;

export class EarlierFlows {
  readonly #served: FlowSet;
  readonly #textOf: (hash: string) => Promise<string | null>;
  readonly #log: Log;
  /** In order of arrival. */
  readonly #versions = new Map<string, Flow>();
  /** After a change of a flow many calls come back at once, and to read one takes some 10 ms of this thread. */
  readonly #fetching = new Map<string, Promise<void>>();

  /** `textOf`: from the store; rejects where that does not answer. */
  constructor(served: FlowSet, textOf: (hash: string) => Promise<string | null>, log: Log) {
    this.#served = served;
    this.#textOf = textOf;
    this.#log = log;
  }

  /** The version that the call's state began with, or that it was placed for; undefined for a new call that came in, and for a version that is not here. */
  flowOf(call: CallStart): Flow | undefined {
    const hash = hashOf(call);
    return hash === null ? undefined : (flowByHash(this.#served, hash) ?? this.#versions.get(hash));
  }

  /** There is a version to fetch before this call can go on. */
  lacks(call: CallStart): boolean {
    return hashOf(call) !== null && this.flowOf(call) === undefined;
  }

  /** Fetches the call's version. Resolves always; without it, the call begins anew with the flow that is served now. */
  async fetch(call: CallStart): Promise<void> {
    const hash = hashOf(call);
    if (hash === null) return;
    let fetching = this.#fetching.get(hash);
    if (fetching === undefined) {
      fetching = this.#fetchOnce(hash, call).finally(() => this.#fetching.delete(hash));
      this.#fetching.set(hash, fetching);
    }
    try {
      await fetching;
    } catch (thrown) {
      this.#log.warn(
        { event: 'flow.missing', callSid: call.callSid, err: toErrorRecord(thrown) },
        'a call comes back whose version of the flow cannot be had; it begins anew',
      );
    }
  }

  async #fetchOnce(hash: string, call: CallStart): Promise<void> {
    const text = await this.#textOf(hash);
    if (text === null) throw new RangeError('no such text was kept');
    const flow = this.#read(call, text);
    if (this.#versions.size >= VERSIONS_MAX) {
      const [oldest] = this.#versions.keys();
      this.#versions.delete(oldest ?? '');
    }
    this.#versions.set(hash, flow);
  }

  /** Recordings are where those of the flow's present version are. */
  #read(call: CallStart, text: string): Flow {
    const present = flowFor(this.#served, call.to);
    const read = (near: Flow) =>
      readFlow(text, near.fileName, { directory: near.directory, checkAudio: () => null });
    const { flow, problems } = read(present);
    if (flow === null) throw new RangeError(problems[0]?.message ?? 'it cannot be read');
    const namesake = flowsOf(this.#served).find(({ name }) => name === flow.name);
    return namesake === undefined ? flow : (read(namesake).flow ?? flow);
  }
}

function hashOf(call: CallStart): string | null {
  const hash = (call.state as { flowHash?: unknown } | null)?.flowHash;
  return typeof hash === 'string' ? hash : (call.dialed?.flowHash ?? null);
}
