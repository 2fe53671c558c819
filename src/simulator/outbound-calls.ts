/**
 * Calls that a server has the simulated carrier place: rung, answered by whoever the test says, told of by status callbacks as Twilio
 * tells of them. https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent
 */
import type { Clock } from '../clock.ts';
import { callParameters } from './call-parameters.ts';
import type { CallReport } from './call-report.ts';
import type { CallOptions } from './simulated-call.ts';
import type { SimulatedCarrier } from './simulated-carrier.ts';

/** Who is rung. */
export type Callee =
  | { readonly kind: 'busy' | 'no-answer' | 'failed' }
  | {
      readonly kind: 'answers';
      /** Default `human`. */
      readonly by?: 'human' | 'machine_end_beep' | 'fax' | 'unknown';
      readonly call?: CallOptions;
    };

export interface OutboundCallsOptions {
  readonly carrier: SimulatedCarrier;
  readonly accountSid: string;
  readonly clock: Clock;
  /** Default: a person who says nothing. */
  readonly callee?: (to: string) => Callee;
  /** `mixed`: each comes twice, and in any order. Default in order, once. */
  readonly callbacks?: 'in order' | 'mixed';
  /** From the request to the first ring, and from there to whatever comes of it. Default 20 and 50. */
  readonly setUpMs?: number;
  readonly ringMs?: number;
  /** From the answer to the word of who answered. Default 300. */
  readonly detectionMs?: number;
}

export interface OutboundCall {
  readonly callSid: string;
  readonly to: string;
  readonly from: string;
  status: string;
  answeredBy: string | null;
  readonly createdAt: Date;
  /** Of one that was answered, when it is over. */
  report: CallReport | null;
}

const MIXED_MS = 300;

export class OutboundCalls {
  readonly #options: OutboundCallsOptions;
  /** In order. */
  readonly calls: OutboundCall[] = [];

  constructor(options: OutboundCallsOptions) {
    this.#options = options;
  }

  of(callSid: string): OutboundCall | null {
    return this.calls.find((call) => call.callSid === callSid) ?? null;
  }

  /** `fields`: of a request that is right. Returns at once. */
  create(fields: URLSearchParams): OutboundCall {
    const { carrier } = this.#options;
    const call: OutboundCall = {
      callSid: carrier.newCallSid(),
      to: fields.get('To')!,
      from: fields.get('From')!,
      status: 'queued',
      answeredBy: null,
      createdAt: new Date(),
      report: null,
    };
    this.calls.push(call);
    void this.#run(call, fields);
    return call;
  }

  async #run(call: OutboundCall, fields: URLSearchParams): Promise<void> {
    const {
      callee = (): Callee => ({ kind: 'answers' }),
      carrier,
      ringMs = 50,
      setUpMs = 20,
    } = this.#options;
    const who = callee(call.to);
    await this.#sleep(setUpMs);
    this.#tell(call, fields, 'initiated', 'initiated');
    if (who.kind === 'failed') {
      this.#tell(call, fields, 'failed', 'completed');
      return;
    }
    this.#tell(call, fields, 'ringing', 'ringing');
    await this.#sleep(ringMs);
    if (who.kind !== 'answers') {
      this.#tell(call, fields, who.kind, 'completed');
      return;
    }
    this.#tell(call, fields, 'in-progress', 'answered');
    const by = who.by ?? 'human';
    const isDetected = fields.has('MachineDetection');
    const isAsync = fields.get('AsyncAmd') === 'true';
    if (isDetected && !isAsync) await this.#detected(call, by);
    const placed = carrier.placeCall({
      ...who.call,
      callSid: call.callSid,
      from: call.from,
      to: call.to,
      direction: 'outbound-api',
      voiceUrl: fields.get('Url')!,
      ...(call.answeredBy === null ? {} : { parameters: { AnsweredBy: call.answeredBy } }),
    });
    const url = fields.get('AsyncAmdStatusCallback');
    if (isDetected && isAsync && url !== null)
      void this.#detected(call, by).then(() => this.#post(call, url, { AnsweredBy: by }));
    call.report = await placed.ended;
    this.#tell(call, fields, call.report.status, 'completed');
  }

  async #detected(call: OutboundCall, by: string): Promise<void> {
    await this.#sleep(this.#options.detectionMs ?? 300);
    call.answeredBy = by;
  }

  /** `event`: as StatusCallbackEvent names it. */
  #tell(call: OutboundCall, fields: URLSearchParams, status: string, event: string): void {
    call.status = status;
    const url = fields.get('StatusCallback');
    const events = fields.getAll('StatusCallbackEvent');
    if (url === null || !(events.length === 0 ? ['completed'] : events).includes(event)) return;
    const isMixed = this.#options.callbacks === 'mixed';
    const told = { CallStatus: status, ...(call.answeredBy === null ? {} : { AnsweredBy: call.answeredBy }) };
    for (let times = isMixed ? 2 : 1; times > 0; times--) {
      const delayMs = isMixed ? Math.random() * MIXED_MS : 0;
      void this.#sleep(delayMs).then(() => this.#post(call, url, told));
    }
  }

  async #post(call: OutboundCall, url: string, extra: Readonly<Record<string, string>>): Promise<void> {
    const { accountSid, carrier } = this.#options;
    const parameters = callParameters({
      accountSid,
      callSid: call.callSid,
      callStatus: 'in-progress',
      from: call.from,
      to: call.to,
      direction: 'outbound-api',
      extra,
    });
    await carrier.post(url, parameters);
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.setTimer(delayMs, resolve);
    });
  }
}
