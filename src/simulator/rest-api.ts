/**
 * The part of Twilio's REST API that changes a live call, strict as Twilio is: account and token, the call's state, the
 * parameters by name. Over a simulated carrier, on a port of 127.0.0.1.
 * https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
 */
import {
  failed,
  type RestAnswer,
  type RestFailure,
  type RestRequest,
  RestServer,
  refusal,
} from './rest-server.ts';
import type { SimulatedCarrier } from './simulated-carrier.ts';

export interface RestApiOptions {
  readonly carrier: SimulatedCarrier;
  readonly accountSid: string;
  readonly authToken: string;
}

export interface CallRequest {
  readonly callSid: string;
  readonly form: Readonly<Record<string, string>>;
  readonly statusCode: number;
}

const CALL_PATH = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]{32})\/Calls\/(CA[0-9a-f]{32})\.json$/;
const PARAMETERS: readonly string[] = ['Url', 'Method'];

export class RestApi {
  readonly #options: RestApiOptions;
  readonly #failures: RestFailure[] = [];
  #server: RestServer | null = null;

  private constructor(options: RestApiOptions) {
    this.#options = options;
  }

  static async start(options: RestApiOptions): Promise<RestApi> {
    const api = new RestApi(options);
    api.#server = await RestServer.start({ ...options, answer: (request) => api.#answer(request) });
    return api;
  }

  get url(): string {
    return this.#server!.url;
  }

  get requests(): readonly CallRequest[] {
    return this.#server!.requests.map(({ form, path, statusCode }) => ({
      callSid: CALL_PATH.exec(path)?.[2] ?? '',
      form,
      statusCode,
    }));
  }

  /** The next request that is right in itself fails. */
  failNext(statusCode: number, code: number): void {
    this.#failures.push({ statusCode, code });
  }

  close(): Promise<void> {
    return this.#server!.close();
  }

  #answer({ form, isForm, method, path }: RestRequest): RestAnswer | 'silence' {
    const { accountSid, carrier } = this.#options;
    const [, account, callSid = ''] = CALL_PATH.exec(path) ?? [];
    if (account !== accountSid) return refusal(404, 20404, 'The requested resource was not found');
    if (method !== 'POST') return refusal(405, 20004, 'Method not allowed');
    if (!isForm) return refusal(415, 20415, 'Unsupported media type');
    const url = form['Url'] ?? '';
    const by = form['Method'] ?? 'POST';
    if (Object.keys(form).some((name) => !PARAMETERS.includes(name)) || !/^(GET|POST)$/.test(by)) {
      return refusal(400, 20001, 'Unknown parameters');
    }
    if (!URL.canParse(url) || !/^https?:/.test(url)) return refusal(400, 21205, 'Url is not a valid URL');
    const failure = failed(this.#failures.shift());
    if (failure !== null) return failure;
    if (!carrier.knew(callSid)) return refusal(404, 20404, 'The requested resource was not found');
    const isRedirected = carrier.callOf(callSid)?.redirect(url, by === 'GET' ? 'GET' : 'POST') === true;
    return isRedirected
      ? { statusCode: 200, body: { sid: callSid, account_sid: accountSid, status: 'in-progress' } }
      : refusal(400, 21220, 'Call is not in-progress. Cannot redirect.');
  }
}
