/**
 * A collector that takes OTLP/HTTP in JSON and nothing else: what opentelemetry-proto's `ExportTraceServiceRequest` does not
 * know, or has in another form, is refused with 400 and kept as a complaint. On a free port of 127.0.0.1.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const nanoseconds = z.string().regex(/^\d{19}$/, 'a fixed64 of nanoseconds, as a decimal string');
const id = (digits: number) =>
  z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`), `${digits} hexadecimal digits, not all zero`);
const anyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d{1,19}$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z
  .array(z.strictObject({ key: z.string().min(1), value: anyValue }))
  .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, 'each key once');
const span = z
  .strictObject({
    traceId: id(32),
    spanId: id(16),
    parentSpanId: id(16).optional(),
    name: z.string().min(1),
    kind: z.number().int().min(1).max(5),
    startTimeUnixNano: nanoseconds,
    endTimeUnixNano: nanoseconds,
    attributes,
    status: z.strictObject({
      code: z.number().int().min(0).max(2).optional(),
      message: z.string().optional(),
    }),
  })
  .refine((one) => BigInt(one.endTimeUnixNano) >= BigInt(one.startTimeUnixNano), 'an end after its start');
const request = z.strictObject({
  resourceSpans: z
    .array(
      z.strictObject({
        resource: z.strictObject({ attributes }),
        scopeSpans: z.array(
          z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(span).min(1) }),
        ),
      }),
    )
    .min(1),
});

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly complaints: string[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** Bodies as they came. */
  readonly bodies: string[] = [];
  requests = 0;
  /** What each request is answered with; null: never. */
  reply: () => Reply | null = () => ({ status: 200, body: '{}' });
  readonly #server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      this.requests += 1;
      this.headers.push(message.headers);
      const body = Buffer.concat(chunks).toString('utf8');
      this.bodies.push(body);
      const { method, url } = message;
      const type = message.headers['content-type'];
      if (method !== 'POST' || url !== '/v1/traces' || type !== 'application/json')
        this.#complain(response, `${method} ${url} as ${type}`);
      else this.#take(body, response);
    });
  });

  static async listen(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(body: string, response: ServerResponse): void {
    const reply = this.reply();
    if (reply === null) return;
    const parsed = request.safeParse(JSON.parse(body));
    if (!parsed.success) {
      this.#complain(response, parsed.error.message);
      return;
    }
    if (reply.status === 200) this.#keep(parsed.data);
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(reply.body ?? '');
  }

  #keep({ resourceSpans }: z.output<typeof request>): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const one of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({
          traceId: one.traceId,
          spanId: one.spanId,
          parentSpanId: one.parentSpanId,
          name: one.name,
          kind: one.kind,
          startMs: Number(BigInt(one.startTimeUnixNano) / 1000n) / 1000,
          endMs: Number(BigInt(one.endTimeUnixNano) / 1000n) / 1000,
          attributes: plain(one.attributes),
          isError: one.status.code === 2,
          resource: plain(resource.attributes),
        });
      }
    }
  }

  #complain(response: ServerResponse, complaint: string): void {
    this.complaints.push(complaint);
    response.writeHead(400);
    response.end();
  }
}

function plain(list: z.output<typeof attributes>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    list.map(({ key, value }) => {
      if ('intValue' in value) return [key, Number(value.intValue)];
      return [key, Object.values(value)[0] as string | number | boolean];
    }),
  );
}
