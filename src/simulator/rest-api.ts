/**
 * The part of Twilio's REST API that changes a live call, strict as Twilio is: account and token, the call's state, the
 * parameters by name. Over a simulated carrier, on a port of 127.0.0.1.
 * https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatedCarrier } from './simulated-carrier.ts';

export interface RestApiOptions {
  readonly carrier: SimulatedCarrier;
  readonly accountSid: string;
  readonly authToken: string;
}

export interface RestRequest {
  readonly callSid: string;
  readonly form: Readonly<Record<string, string>>;
  readonly statusCode: number;
}

interface RestAnswer {
  readonly statusCode: number;
  readonly body: object;
}

const CALL_PATH = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]{32})\/Calls\/(CA[0-9a-f]{32})\.json$/;
const PARAMETERS: readonly string[] = ['Url', 'Method'];
const BODY_MAX_BYTES = 16_384;
const REQUESTS_MAX = 10_000;

export class RestApi {
  readonly requests: RestRequest[] = [];
  readonly #options: RestApiOptions;
  readonly #server: Server;
  readonly #failures: { statusCode: number; code: number }[] = [];

  private constructor(options: RestApiOptions) {
    this.#options = options;
    this.#server = createServer(async (request, response) => {
      const body = await readBody(request);
      const { statusCode, body: answer } = this.#answer(request, body);
      response.writeHead(statusCode, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  }

  static async start(options: RestApiOptions): Promise<RestApi> {
    const api = new RestApi(options);
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request that is right in itself fails: 429 with 20429, 503 with 20503. */
  failNext(statusCode: number, code: number): void {
    this.#failures.push({ statusCode, code });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, body: string): RestAnswer {
    const { accountSid, authToken, carrier } = this.#options;
    const credentials = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    const [, account, callSid = ''] = CALL_PATH.exec(request.url ?? '') ?? [];
    const form = Object.fromEntries(new URLSearchParams(body));
    const answered = (statusCode: number, code: number, message: string): RestAnswer => {
      if (this.requests.length < REQUESTS_MAX) this.requests.push({ callSid, form, statusCode });
      return statusCode === 200
        ? { statusCode, body: { sid: callSid, account_sid: accountSid, status: 'in-progress' } }
        : { statusCode, body: { code, message, status: statusCode, more_info: '' } };
    };
    if (request.headers.authorization !== `Basic ${credentials}`) return answered(401, 20003, 'Authenticate');
    if (account !== accountSid) return answered(404, 20404, 'The requested resource was not found');
    if (request.method !== 'POST') return answered(405, 20004, 'Method not allowed');
    if (!/^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '')) {
      return answered(415, 20415, 'Unsupported media type');
    }
    const url = form['Url'] ?? '';
    const method = form['Method'] ?? 'POST';
    if (Object.keys(form).some((name) => !PARAMETERS.includes(name)) || !/^(GET|POST)$/.test(method)) {
      return answered(400, 20001, 'Unknown parameters');
    }
    if (!URL.canParse(url) || !/^https?:/.test(url)) return answered(400, 21205, 'Url is not a valid URL');
    const failure = this.#failures.shift();
    if (failure !== undefined) return answered(failure.statusCode, failure.code, 'Try again');
    if (!carrier.knew(callSid)) return answered(404, 20404, 'The requested resource was not found');
    const isRedirected = carrier.callOf(callSid)?.redirect(url, method === 'GET' ? 'GET' : 'POST') === true;
    return isRedirected
      ? answered(200, 0, '')
      : answered(400, 21220, 'Call is not in-progress. Cannot redirect.');
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > BODY_MAX_BYTES) break;
  }
  return body;
}
