/** One batch to a collector by OTLP/HTTP, and what its answer means by the OTLP specification. Trace thread. */
import { toErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import { type OtlpResource, toOtlpJson } from './otlp-json.ts';
import type { Span } from './span.ts';
import type { SendOutcome } from './span-queue.ts';

const DEADLINE_MS = 10_000;
/** OTLP specification, "Retryable Response Codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Of an answer that says what was rejected. */
const ANSWER_BYTES_MAX = 64 * 1024;
const RETRY_AFTER_MAX_S = 30;

export interface OtlpPostParts {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: OtlpResource;
  readonly log: Log;
}

export class OtlpPost {
  readonly #parts: OtlpPostParts;
  /** What the log says is said once, until it is well again. */
  #isFailing = false;

  constructor(parts: OtlpPostParts) {
    this.#parts = parts;
  }

  /** Settles within 10 s. Never rejects. */
  async send(spans: readonly Span[]): Promise<SendOutcome> {
    const { headers, resource, url } = this.#parts;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: toOtlpJson(spans, resource),
        // A collector is not to lead our headers elsewhere.
        redirect: 'error',
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      if (response.ok) {
        const rejected = rejectedOf(await readText(response));
        this.#isFailing = false;
        return { kind: 'taken', rejected };
      }
      await response.body?.cancel();
      const { status } = response;
      this.#tell({ statusCode: status });
      if (!RETRYABLE.has(status)) return { kind: 'refused' };
      return { kind: 'later', afterMs: retryAfterMs(response.headers.get('retry-after')) };
    } catch (thrown) {
      this.#tell({ err: toErrorRecord(thrown) });
      return { kind: 'later', afterMs: null };
    }
  }

  #tell(about: object): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#parts.log.warn(
      { event: 'trace.not-exported', ...about },
      'the trace collector does not take spans; more is only counted',
    );
  }
}

/** Of an answer that is too long, as much as is allowed. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_BYTES_MAX) break;
  }
  return text;
}

/** `partialSuccess.rejectedSpans`, which JSON has as a string or a number; 0 where nothing is said. */
function rejectedOf(text: string): number {
  try {
    const answer = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown } } | null;
    const rejected = Number(answer?.partialSuccess?.rejectedSpans ?? 0);
    return Number.isInteger(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    return 0;
  }
}

function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header)
    ? Math.min(RETRY_AFTER_MAX_S, Number(header)) * 1000
    : null;
}
