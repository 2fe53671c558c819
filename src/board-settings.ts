/** The board as the configuration wants it, with the flows as plain data. Part of the composition root. */
import { callLifeMs } from './call-life.ts';
import type { NewDial } from './channel/dial-messages.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { StoreError } from './errors.ts';
import { flowGraph } from './flow/flow-graph.ts';
import { type FlowSet, flowsOf } from './flow/flow-set.ts';
import { apiDescription } from './operations/api-description.ts';
import type { DialDesk } from './operations/dial.ts';
import { answerDialRequest } from './operations/dial-request.ts';
import type { BoardSettings } from './server/board/board.ts';
import type { StoreClient } from './store/store-client.ts';

export function boardSettings(
  config: Config,
  flows: FlowSet,
  {
    canDial,
    clock,
    loopDelay,
    store,
  }: {
    readonly store: Pick<StoreClient, 'hangUp' | 'tally' | 'isDoNotCall' | 'putDial' | 'loadDial'>;
    readonly canDial: boolean;
    readonly clock: Clock;
  } & Pick<BoardSettings, 'loopDelay'>,
): BoardSettings {
  const [, ...others] = flowsOf(flows);
  const desk: DialDesk = {
    flows,
    number: config.TWILIO_PHONE_NUMBER ?? null,
    clock,
    dials: { isDoNotCall: (number) => store.isDoNotCall(number), put: (dial) => keepDial(store, dial) },
  };
  return {
    adminToken: config.ADMIN_TOKEN ?? null,
    showsWords: config.LOG_PII,
    flows: [flowGraph(flows.default), ...others.map(flowGraph)],
    callLifeMs: callLifeMs(config),
    loopDelay,
    tally: (span) => store.tally(span),
    hangUp: (callSid) => store.hangUp(callSid),
    dial: canDial ? (body, key) => answerDialRequest(body, key, desk) : null,
    loadDial: (dialId) => store.loadDial(dialId),
    description: apiDescription(),
  };
}

/** Rejects with StoreError where it is not known to be kept: whoever asked must not believe that it was. */
async function keepDial(store: Pick<StoreClient, 'putDial'>, dial: NewDial): Promise<void> {
  if ((await store.putDial(dial)) !== 'durable') throw new StoreError('Expected a store that writes');
}
