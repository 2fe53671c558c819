/**
 * Spans in OTLP's JSON form: `ExportTraceServiceRequest` of opentelemetry-proto 1.x, as the OTLP specification maps it to
 * JSON (ids in hexadecimal, 64-bit numbers as decimal strings, enums as numbers). Pure.
 */
import type { Span } from './span.ts';

/** opentelemetry.proto.trace.v1: SPAN_KIND_INTERNAL; SPAN_KIND_SERVER for the call, which somebody else began. */
const KIND_INTERNAL = 1;
const KIND_SERVER = 2;
const STATUS_ERROR = 2;

export interface OtlpResource {
  readonly serviceName: string;
  readonly nodeId: string;
}

export function toOtlpJson(spans: readonly Span[], { nodeId, serviceName }: OtlpResource): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: {
          attributes: attributesOf({ 'service.name': serviceName, 'service.instance.id': nodeId }),
        },
        scopeSpans: [{ scope: { name: 'trunkline' }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf({
  attributes,
  fromWallMs,
  isError,
  name,
  parentId,
  spanId,
  toWallMs,
  traceId,
}: Span): object {
  return {
    traceId,
    spanId,
    ...(parentId === null ? {} : { parentSpanId: parentId }),
    name,
    kind: name === 'call' ? KIND_SERVER : KIND_INTERNAL,
    startTimeUnixNano: nanosecondsOf(fromWallMs),
    endTimeUnixNano: nanosecondsOf(Math.max(fromWallMs, toWallMs)),
    attributes: attributesOf(attributes),
    status: isError ? { code: STATUS_ERROR } : {},
  };
}

function attributesOf(attributes: Span['attributes']): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValueOf(value) }));
}

function anyValueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Exact to a microsecond: a double holds no more of today's date. */
function nanosecondsOf(wallMs: number): string {
  return `${Math.round(wallMs * 1000)}000`;
}
