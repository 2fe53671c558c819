/** The board as the configuration wants it, with the flows as plain data. Part of the composition root. */
import { callLifeMs } from './call-life.ts';
import type { Config } from './config.ts';
import { flowGraph } from './flow/flow-graph.ts';
import { type FlowSet, flowsOf } from './flow/flow-set.ts';
import type { BoardSettings } from './server/board/board.ts';
import type { StoreClient } from './store/store-client.ts';

export function boardSettings(
  config: Config,
  flows: FlowSet,
  { loopDelay, store }: { store: Pick<StoreClient, 'hangUp' | 'tally'> } & Pick<BoardSettings, 'loopDelay'>,
): BoardSettings {
  const [, ...others] = flowsOf(flows);
  return {
    adminToken: config.ADMIN_TOKEN ?? null,
    showsWords: config.LOG_PII,
    flows: [flowGraph(flows.default), ...others.map(flowGraph)],
    callLifeMs: callLifeMs(config),
    loopDelay,
    tally: (span) => store.tally(span),
    hangUp: (callSid) => store.hangUp(callSid),
  };
}
