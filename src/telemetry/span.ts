/** A span, as plain data; what OTLP says of it is in `otlp-json.ts`. */
export interface Span {
  /** 32 and 16 hexadecimal digits; `parentId` null for the trace's root. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly fromWallMs: number;
  readonly toWallMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
}
