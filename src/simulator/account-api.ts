/**
 * The part of Twilio's REST API that an account's owner asks: the account, and where its numbers point. Strict as Twilio is:
 * account and token, names and types of the parameters as its OpenAPI description (twilio-oai, api_v2010) has them. On a port of
 * 127.0.0.1.
 */
import {
  failed,
  type RestAnswer,
  type RestFailure,
  type RestRequest,
  RestServer,
  refusal,
  type SeenRequest,
} from './rest-server.ts';

export interface AccountApiOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly numbers?: readonly SimulatedNumber[];
  readonly recordings?: readonly SimulatedRecording[];
}

export interface SimulatedNumber {
  readonly sid: string;
  readonly phoneNumber: string;
  readonly friendlyName?: string;
  readonly hasVoice?: boolean;
  /** By the parameters' names: VoiceUrl, TrunkSid and so on. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface SimulatedRecording {
  readonly sid: string;
  readonly callSid: string;
  readonly durationSeconds: number;
  readonly startedAt: Date;
}

/** Of `UpdateIncomingPhoneNumber`; what is not here Twilio ignores, and so hides a misspelling: here it is refused. */
const UPDATE: Readonly<Record<string, RegExp>> = {
  AccountSid: /^AC[0-9a-fA-F]{32}$/,
  FriendlyName: /^.{0,64}$/,
  StatusCallback: /^(https?:\/\/.+)?$/,
  StatusCallbackMethod: /^(GET|POST)$/,
  VoiceApplicationSid: /^(AP[0-9a-fA-F]{32})?$/,
  VoiceFallbackMethod: /^(GET|POST)$/,
  VoiceFallbackUrl: /^(https?:\/\/.+)?$/,
  VoiceMethod: /^(GET|POST)$/,
  VoiceUrl: /^(https?:\/\/.+)?$/,
  TrunkSid: /^(TK[0-9a-fA-F]{32})?$/,
};
const LIST: readonly string[] = [
  'Beta',
  'FriendlyName',
  'PhoneNumber',
  'Origin',
  'PageSize',
  'Page',
  'PageToken',
];
const RECORDINGS: readonly string[] = [
  'CallSid',
  'DateCreated',
  'IncludeSoftDeleted',
  'PageSize',
  'Page',
  'PageToken',
];
const ROOT = '/2010-04-01/Accounts/';
const PAGE_SIZE = 50;
const PAGE_MAX = 1000;

export class AccountApi {
  readonly #options: AccountApiOptions;
  readonly #failures: RestFailure[] = [];
  readonly #settings = new Map<string, Record<string, string>>();
  #server: RestServer | null = null;

  private constructor(options: AccountApiOptions) {
    this.#options = options;
    for (const { settings, sid } of options.numbers ?? []) this.#settings.set(sid, { ...settings });
  }

  static async start(options: AccountApiOptions): Promise<AccountApi> {
    const api = new AccountApi(options);
    api.#server = await RestServer.start({ ...options, answer: (request) => api.#answer(request) });
    return api;
  }

  get url(): string {
    return this.#server!.url;
  }

  get requests(): readonly SeenRequest[] {
    return this.#server!.requests;
  }

  /** What a number is set to, by the parameters' names. */
  settingsOf(sid: string): Readonly<Record<string, string>> {
    return this.#settings.get(sid) ?? {};
  }

  /** The next requests fail so, one each. */
  failNext(...failures: readonly RestFailure[]): void {
    this.#failures.push(...failures);
  }

  close(): Promise<void> {
    return this.#server!.close();
  }

  #answer(request: RestRequest): RestAnswer | 'silence' {
    const { accountSid, numbers = [] } = this.#options;
    const failure = failed(this.#failures.shift());
    if (failure !== null) return failure;
    const { method, path } = request;
    if (path === `${ROOT}${accountSid}.json` && method === 'GET')
      return {
        statusCode: 200,
        body: { sid: accountSid, friendly_name: 'Tests', status: 'active', type: 'Full' },
      };
    if (path === `${ROOT}${accountSid}/Recordings.json` && method === 'GET')
      return this.#recordings(request.query, path);
    const list = `${ROOT}${accountSid}/IncomingPhoneNumbers`;
    if (path === `${list}.json` && method === 'GET') return this.#list(request.query, path);
    const sid = path.startsWith(`${list}/`) ? path.slice(list.length + 1, -'.json'.length) : '';
    const number = numbers.find((each) => each.sid === sid);
    if (number === undefined) return refusal(404, 20404, `The requested resource ${path} was not found`);
    return method === 'POST' ? this.#update(request, number) : { statusCode: 200, body: this.#shown(number) };
  }

  #list(query: URLSearchParams, path: string): RestAnswer {
    for (const name of query.keys())
      if (!LIST.includes(name)) return refusal(400, 20001, `Unknown parameter ${name}`);
    const size = Number(query.get('PageSize') ?? PAGE_SIZE);
    if (!Number.isInteger(size) || size < 1 || size > PAGE_MAX) return refusal(400, 20006, 'Page size');
    const wanted = query.get('PhoneNumber');
    // Twilio finds what contains it.
    const all = (this.#options.numbers ?? []).filter(
      ({ phoneNumber }) => wanted === null || phoneNumber.includes(wanted.replace(/^\+/, '')),
    );
    const page = Number(query.get('Page') ?? 0);
    const isLast = (page + 1) * size >= all.length;
    const next = `${path}?PageSize=${size}&Page=${page + 1}&PageToken=PA${page + 1}`;
    return {
      statusCode: 200,
      body: {
        incoming_phone_numbers: all
          .slice(page * size, (page + 1) * size)
          .map((number) => this.#shown(number)),
        page,
        page_size: size,
        uri: path,
        next_page_uri: isLast ? null : next,
      },
    };
  }

  #recordings(query: URLSearchParams, path: string): RestAnswer {
    for (const name of query.keys())
      if (!RECORDINGS.includes(name)) return refusal(400, 20001, `Unknown parameter ${name}`);
    const { accountSid, recordings = [] } = this.#options;
    const callSid = query.get('CallSid');
    const found = recordings.filter((each) => callSid === null || each.callSid === callSid);
    return {
      statusCode: 200,
      body: {
        recordings: found.map(({ callSid: of, durationSeconds, sid, startedAt }) => ({
          sid,
          account_sid: accountSid,
          call_sid: of,
          duration: String(durationSeconds),
          start_time: startedAt.toUTCString(),
          date_created: startedAt.toUTCString(),
          date_updated: startedAt.toUTCString(),
          status: 'completed',
          media_url: `https://api.twilio.com${ROOT}${accountSid}/Recordings/${sid}`,
        })),
        page: 0,
        page_size: PAGE_SIZE,
        uri: path,
        next_page_uri: null,
      },
    };
  }

  #update({ form, isForm }: RestRequest, number: SimulatedNumber): RestAnswer {
    if (!isForm) return refusal(415, 20415, 'Unsupported media type');
    for (const [name, value] of Object.entries(form)) {
      if (!Object.hasOwn(UPDATE, name)) return refusal(400, 20001, `Unknown parameter ${name}`);
      if (!UPDATE[name]!.test(value)) return refusal(400, 21401, `${name} is not valid`);
    }
    this.#settings.set(number.sid, { ...this.#settings.get(number.sid), ...form });
    return { statusCode: 200, body: this.#shown(number) };
  }

  #shown({ friendlyName, hasVoice = true, phoneNumber, sid }: SimulatedNumber): object {
    const settings = this.#settings.get(sid) ?? {};
    return {
      sid,
      account_sid: this.#options.accountSid,
      phone_number: phoneNumber,
      friendly_name: friendlyName ?? phoneNumber,
      capabilities: { voice: hasVoice, sms: true, mms: false, fax: false },
      voice_url: settings['VoiceUrl'] ?? '',
      voice_method: settings['VoiceMethod'] ?? 'POST',
      voice_fallback_url: settings['VoiceFallbackUrl'] ?? '',
      voice_fallback_method: settings['VoiceFallbackMethod'] ?? 'POST',
      status_callback: settings['StatusCallback'] ?? '',
      status_callback_method: settings['StatusCallbackMethod'] ?? 'POST',
      voice_application_sid: settings['VoiceApplicationSid'] ?? '',
      trunk_sid: settings['TrunkSid'] || null,
    };
  }
}
