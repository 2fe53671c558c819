/**
 * What every part of Twilio's REST API has in common, for the stand-ins of its parts: an account and its token, forms in, JSON out,
 * errors of one shape. On a port of 127.0.0.1. https://www.twilio.com/docs/usage/requests-to-twilio
 */
import { systemClock } from '../clock.ts';
import { jsonReply } from './vendors/vendor-fault.ts';
import { type VendorAnswer, type VendorRequest, VendorServer } from './vendors/vendor-server.ts';

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of a name that comes more than once, the last. */
  readonly form: Readonly<Record<string, string>>;
  /** The same, each as it came. */
  readonly fields: URLSearchParams;
  /** The body is what its header says. */
  readonly isForm: boolean;
}

export interface RestAnswer {
  readonly statusCode: number;
  readonly body: object;
}

/** How a request fails that is right in itself: 429 with 20429, 503 with 20503. `silence`: no answer comes. */
export type RestFailure = { readonly statusCode: number; readonly code: number } | 'silence';

export interface SeenRequest extends Pick<RestRequest, 'method' | 'path' | 'form'> {
  /** 0: none was given. */
  readonly statusCode: number;
}

export interface RestServerOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** Asked for requests that carry the token. */
  readonly answer: (request: RestRequest) => RestAnswer | 'silence';
}

const REQUESTS_MAX = 10_000;

export class RestServer {
  /** In order. */
  readonly requests: SeenRequest[] = [];
  readonly #options: RestServerOptions;
  #server: VendorServer | null = null;
  #isSilent = false;

  private constructor(options: RestServerOptions) {
    this.#options = options;
  }

  static async start(options: RestServerOptions): Promise<RestServer> {
    const rest = new RestServer(options);
    rest.#server = await VendorServer.listen({
      clock: systemClock,
      answer: (request) => rest.#answer(request),
      fault: () => (rest.#isSilent ? { kind: 'hang', after: 'request' } : null),
    });
    return rest;
  }

  get url(): string {
    return this.#server!.origin;
  }

  close(): Promise<void> {
    return this.#server!.close();
  }

  #answer({ body, headers, method, path, query }: VendorRequest): VendorAnswer {
    const { accountSid, answer, authToken } = this.#options;
    const credentials = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    const fields = new URLSearchParams(body.toString('utf8'));
    const form = Object.fromEntries(fields);
    const isForm = /^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '');
    const given =
      headers.authorization === `Basic ${credentials}`
        ? answer({ method, path, query, form, fields, isForm })
        : refusal(401, 20003, 'Authenticate');
    this.#isSilent = given === 'silence';
    const { body: said, statusCode } = given === 'silence' ? { statusCode: 0, body: {} } : given;
    if (this.requests.length < REQUESTS_MAX) this.requests.push({ method, path, form, statusCode });
    return { accepted: true, reply: jsonReply(statusCode, said) };
  }
}

/** As Twilio words it. */
export function refusal(statusCode: number, code: number, message: string): RestAnswer {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { statusCode, body: { code, message, more_info, status: statusCode } };
}

/** Null: nothing goes wrong with this request. */
export function failed(failure: RestFailure | undefined): RestAnswer | 'silence' | null {
  if (failure === undefined) return null;
  return failure === 'silence'
    ? failure
    : refusal(failure.statusCode, failure.code, 'Refused as the test wants it');
}
