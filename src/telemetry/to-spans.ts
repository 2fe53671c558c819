/**
 * The spans of what a call's worker tells: `call > turn > transcribe | step | synthesize`. Ids come out of the call's own
 * name, so that nothing need be remembered, and that a call which goes on elsewhere goes on in the same trace. Pure.
 */
import { hash } from 'node:crypto';
import type {
  Stretch,
  ToTraceThread,
  TracedCall,
  TracedCallId,
  TracedTurn,
} from '../channel/trace-messages.ts';
import type { Span } from './span.ts';

/** Ends that something of ours, or the line, brought about. */
const ERRORS: ReadonlySet<TracedCall['reason']> = new Set([
  'stream lost',
  'node lost',
  'no media',
  'peer does not read',
  'protocol violation',
  'worker failed',
  'call failed',
]);

/** Where the span id of each lies among its turn's digits. */
const PARTS = { transcribe: 16, step: 32, synthesize: 48 } as const;

export function toSpans(message: ToTraceThread): readonly Span[] {
  return message.kind === 'call' ? [callSpan(message)] : turnSpans(message);
}

function callSpan({ id, outcome, reason, turns, ...stretch }: TracedCall): Span {
  const isFirst = id.attempt === 0 && id.move === 0;
  return {
    traceId: traceIdOf(id),
    spanId: callSpanId(id),
    parentId: isFirst ? null : callSpanId({ ...id, attempt: 0, move: 0 }),
    name: 'call',
    ...stretchOf(stretch),
    attributes: {
      ...namesOf(id),
      'trunkline.end_reason': reason,
      'trunkline.turns': turns,
      ...(outcome === null ? {} : { 'trunkline.outcome': outcome }),
    },
    isError: ERRORS.has(reason),
  };
}

function turnSpans(turn: TracedTurn): readonly Span[] {
  const { endpointingMs, how, id, nodeId, step, synthesize, transcribe, turnIndex } = turn;
  const traceId = traceIdOf(id);
  // One hash has the ids of the turn and of its three parts.
  const ids = digestOf(`turn ${turnIndex}`, id);
  const spanId = ids.slice(0, 16);
  const part = (
    name: keyof typeof PARTS,
    stretch: Stretch,
    attributes: Span['attributes'],
    isError = false,
  ): Span => ({
    traceId,
    spanId: ids.slice(PARTS[name], PARTS[name] + 16),
    parentId: spanId,
    name,
    ...stretchOf(stretch),
    attributes,
    isError,
  });
  const root: Span = {
    traceId,
    spanId,
    parentId: callSpanId(id),
    name: 'turn',
    ...stretchOf(turn),
    attributes: {
      ...namesOf(id),
      'trunkline.turn_index': turnIndex,
      'trunkline.node_id': nodeId,
      'trunkline.turn_end': how ?? 'call ended',
      ...(endpointingMs === null ? {} : { 'trunkline.endpointing_ms': endpointingMs }),
    },
    isError: how === 'recognizer failed',
  };
  const spans = [root];
  if (transcribe !== null) {
    const { isOk, provider } = transcribe;
    spans.push(part('transcribe', transcribe, { 'trunkline.vendor': provider }, !isOk));
  }
  if (step !== null) spans.push(part('step', step, { 'trunkline.commit_durable': step.isDurable }));
  if (synthesize !== null) spans.push(part('synthesize', synthesize, {}));
  return spans;
}

function stretchOf({ fromWallMs, toWallMs }: Stretch): Stretch {
  return { fromWallMs, toWallMs };
}

function namesOf({ attempt, callSid, move }: TracedCallId): Span['attributes'] {
  return { 'trunkline.call_sid': callSid, 'trunkline.attempt': attempt, 'trunkline.move': move };
}

function traceIdOf({ callSid }: TracedCallId): string {
  return hash('sha256', `trunkline trace ${callSid}`).slice(0, 32);
}

function callSpanId(id: TracedCallId): string {
  return digestOf('call', id).slice(0, 16);
}

/** 64 hexadecimal digits. */
function digestOf(what: string, { attempt, callSid, move }: TracedCallId): string {
  return hash('sha256', `trunkline ${what} ${callSid} ${attempt} ${move}`);
}
