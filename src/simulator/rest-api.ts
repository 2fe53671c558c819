/**
 * The part of Twilio's REST API that places calls, shows them and changes a live one, strict as Twilio is: account and token, the
 * call's state, the parameters by name and form, as its OpenAPI description (twilio-oai, api_v2010) has them. Over a simulated
 * carrier, on a port of 127.0.0.1. https://www.twilio.com/docs/voice/api/call-resource
 */
import { systemClock } from '../clock.ts';
import { type OutboundCall, OutboundCalls, type OutboundCallsOptions } from './outbound-calls.ts';
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
  /** How calls go that are placed here. */
  readonly outbound?: Omit<OutboundCallsOptions, 'carrier' | 'accountSid' | 'clock'>;
}

export interface CallRequest {
  readonly callSid: string;
  readonly form: Readonly<Record<string, string>>;
  readonly statusCode: number;
}

const CALLS_PATH = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]{32})\/Calls\.json$/;
const CALL_PATH = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]{32})\/Calls\/(CA[0-9a-f]{32})\.json$/;
const PARAMETERS: readonly string[] = ['Url', 'Method'];
const HTTP_URL = /^https?:\/\/[^\s]+$/;
const METHOD = /^(GET|POST)$/;
/** Of `CreateCall`; what is not here Twilio ignores, and so hides a misspelling: here it is refused. */
const CREATE: Readonly<Record<string, RegExp>> = {
  To: /^\+[1-9]\d{6,14}$/,
  From: /^\+[1-9]\d{6,14}$/,
  Url: HTTP_URL,
  Method: METHOD,
  FallbackUrl: HTTP_URL,
  FallbackMethod: METHOD,
  StatusCallback: HTTP_URL,
  StatusCallbackMethod: METHOD,
  StatusCallbackEvent: /^(initiated|ringing|answered|completed)$/,
  Timeout: /^([1-9]\d?|[1-5]\d\d|600)$/,
  TimeLimit: /^\d{1,5}$/,
  MachineDetection: /^(Enable|DetectMessageEnd)$/,
  MachineDetectionTimeout: /^([3-9]|[1-5]\d)$/,
  AsyncAmd: /^(true|false)$/,
  AsyncAmdStatusCallback: HTTP_URL,
  AsyncAmdStatusCallbackMethod: METHOD,
};
const LIST: readonly string[] = [
  'To',
  'From',
  'ParentCallSid',
  'Status',
  'StartTime',
  'PageSize',
  'Page',
  'PageToken',
];
const LIST_MAX = 50;

export class RestApi {
  readonly #options: RestApiOptions;
  readonly #failures: RestFailure[] = [];
  readonly outbound: OutboundCalls;
  #server: RestServer | null = null;

  private constructor(options: RestApiOptions) {
    this.#options = options;
    this.outbound = new OutboundCalls({ ...options.outbound, ...options, clock: systemClock });
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

  /** The next request that is right in itself fails. `lost`: it is carried out, and its answer never comes. */
  failNext(...failure: readonly [statusCode: number, code: number] | readonly ['lost']): void {
    this.#failures.push(failure[0] === 'lost' ? 'silence' : { statusCode: failure[0], code: failure[1]! });
  }

  close(): Promise<void> {
    return this.#server!.close();
  }

  #answer(request: RestRequest): RestAnswer | 'silence' {
    const { accountSid } = this.#options;
    const { isForm, method, path } = request;
    const [, account, callSid = ''] = CALL_PATH.exec(path) ?? CALLS_PATH.exec(path) ?? [];
    if (account !== accountSid) return refusal(404, 20404, 'The requested resource was not found');
    if (method === 'GET') return callSid === '' ? this.#list(request) : this.#show(callSid);
    if (method !== 'POST') return refusal(405, 20004, 'Method not allowed');
    if (!isForm) return refusal(415, 20415, 'Unsupported media type');
    return callSid === '' ? this.#create(request) : this.#update(request, callSid);
  }

  #create({ fields }: RestRequest): RestAnswer | 'silence' {
    for (const [name, value] of fields) {
      if (!Object.hasOwn(CREATE, name)) return refusal(400, 20001, `Unknown parameter ${name}`);
      if (CREATE[name]!.test(value)) continue;
      return refusal(400, name === 'To' ? 21211 : 21205, `${name} is not valid`);
    }
    for (const [name, code] of [
      ['To', 21201],
      ['From', 21213],
      ['Url', 21205],
    ] as const)
      if (!fields.has(name)) return refusal(400, code, `No ${name} is specified`);
    const failure = this.#failures.shift();
    if (failure !== undefined && failure !== 'silence') return failed(failure)!;
    const call = this.outbound.create(fields);
    return failure === 'silence' ? failure : { statusCode: 201, body: this.#shown(call) };
  }

  #list({ query }: RestRequest): RestAnswer {
    for (const name of query.keys())
      if (!LIST.includes(name)) return refusal(400, 20001, `Unknown parameter ${name}`);
    const [to, from] = [query.get('To'), query.get('From')];
    const calls = this.outbound.calls
      .filter((call) => (to === null || call.to === to) && (from === null || call.from === from))
      .toReversed()
      .slice(0, Number(query.get('PageSize') ?? LIST_MAX));
    return { statusCode: 200, body: { calls: calls.map((call) => this.#shown(call)) } };
  }

  #show(callSid: string): RestAnswer {
    const call = this.outbound.of(callSid);
    return call === null
      ? refusal(404, 20404, 'The requested resource was not found')
      : { statusCode: 200, body: this.#shown(call) };
  }

  #shown({ answeredBy, callSid, createdAt, from, status, to }: OutboundCall): object {
    return {
      sid: callSid,
      account_sid: this.#options.accountSid,
      to,
      from,
      status: status === 'initiated' ? 'queued' : status,
      direction: 'outbound-api',
      answered_by: answeredBy,
      // RFC 2822: whole seconds.
      date_created: createdAt.toUTCString(),
    };
  }

  #update({ form }: RestRequest, callSid: string): RestAnswer | 'silence' {
    const { accountSid, carrier } = this.#options;
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
