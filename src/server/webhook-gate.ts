/**
 * What a webhook must pass before anything is done for it, the cheapest first: local or signed at all, length, content
 * type, body, form, signature, account, CallSid. Whatever fails is told so in words and costs nothing more. I/O thread.
 */

import { isCallSid } from '../protocol/call-sid.ts';
import { type FormParameters, parseFormBody, soleValue } from '../protocol/form-body.ts';
import { checkWebhookSignature } from '../protocol/signature.ts';
import { dialStatusOf } from '../protocol/waiting.ts';
import { RETRY_FRAGMENT } from '../protocol/webhook-paths.ts';
import type { Caller } from './admission.ts';
import { type Exchange, MAX_BODY_BYTES, textAnswer } from './exchange.ts';
import { isLocalRequest } from './local-request.ts';
import type { PublicAddress } from './public-address.ts';
import type { QuietLog } from './quiet-log.ts';

export interface Webhook {
  readonly callSid: string;
  readonly caller: Caller;
  /** The carrier's number of what failed before, as `11200`; empty where nothing did. */
  readonly errorCode: string;
  /** Each in the carrier's word, empty where it is not said: of the call, of who answered it, of whom it was transferred to. */
  readonly callStatus: string;
  readonly answeredBy: string;
  readonly dialStatus: string;
}

export interface GateSettings {
  readonly authToken: string | null;
  readonly accountSid: string | null;
}

const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;
/** What of From and To goes on: numbers, SIP addresses, `anonymous`. The rest is not ours to carry. */
const CALLER_NAME = /^[\w+@.:-]{1,128}$/;
const ERROR_CODE = /^\d{1,6}$/;
const WORD = /^[a-z_-]{1,32}$/;

export class WebhookGate {
  readonly #settings: GateSettings;
  readonly #address: PublicAddress;
  readonly #log: QuietLog;

  constructor(settings: GateSettings, address: PublicAddress, log: QuietLog) {
    this.#settings = settings;
    this.#address = address;
    this.#log = log;
  }

  /** No browser, and unsigned service for this machine only. False when the exchange was answered with the refusal. */
  admitsOrigin(exchange: Exchange): boolean {
    // The carrier sends neither. Without this, any page that is open on this machine could post a form to us.
    if (exchange.headerCount('origin') > 0) {
      this.#refuse(exchange, '403 Forbidden', 'Expected no Origin header, received one', true);
      return false;
    }
    if (/^cross-site$/i.test(exchange.header('sec-fetch-site'))) {
      this.#refuse(exchange, '403 Forbidden', 'Expected no request from another site, received one', true);
      return false;
    }
    if (this.#settings.authToken !== null && this.#address.isPublic) return true;
    if (isLocalRequest(exchange)) return true;
    this.#refuse(
      exchange,
      '403 Forbidden',
      'Without TWILIO_AUTH_TOKEN and a public address only local requests are served',
    );
    return false;
  }

  /** `path` as the carrier was given it, without the public prefix. Null when the exchange was answered or is gone. */
  async admit(exchange: Exchange, path: string): Promise<Webhook | null> {
    if (!this.admitsOrigin(exchange) || !this.#admitsHeaders(exchange)) return null;
    const body = await exchange.readBody();
    if (body === null) return null;
    const form = parseFormBody(body);
    if (!form.ok) return this.#refuse(exchange, '400 Bad Request', form.reason);
    return this.#admitsSignature(exchange, path, form.parameters)
      ? this.#readCall(exchange, form.parameters)
      : null;
  }

  #admitsHeaders(exchange: Exchange): boolean {
    const lengths = exchange.headerCount('content-length');
    if (lengths > 1 || exchange.headerCount('x-twilio-signature') > 1) {
      this.#refuse(exchange, '400 Bad Request', 'Expected each header once, received one twice', true);
      return false;
    }
    if (lengths === 1 && Number(exchange.header('content-length')) > MAX_BODY_BYTES) {
      const limit = `Expected at most ${MAX_BODY_BYTES} bytes for the body, received more`;
      this.#refuse(exchange, '413 Content Too Large', limit, true);
      return false;
    }
    if (!FORM_TYPE.test(exchange.header('content-type'))) {
      const reason = 'Expected application/x-www-form-urlencoded for Content-Type, received another type';
      this.#refuse(exchange, '415 Unsupported Media Type', reason);
      return false;
    }
    if (this.#settings.authToken !== null && exchange.header('x-twilio-signature') === '') {
      this.#refuse(exchange, '403 Forbidden', 'Expected a signature for X-Twilio-Signature, received none');
      return false;
    }
    return true;
  }

  #admitsSignature(exchange: Exchange, path: string, parameters: FormParameters): boolean {
    const { authToken } = this.#settings;
    if (authToken === null) return true;
    const publicUrl = this.#address.webhookBase(exchange);
    const check =
      publicUrl === null
        ? { valid: false }
        : checkWebhookSignature({
            authToken,
            publicUrl,
            pathAndQuery: exchange.query === '' ? path : `${path}?${exchange.query}`,
            signature: exchange.header('x-twilio-signature'),
            parameters,
            fragments: [RETRY_FRAGMENT],
          });
    if (!check.valid) {
      const reason = 'Expected a signature of this request by the configured auth token and public address';
      this.#refuse(exchange, '403 Forbidden', reason);
    }
    return check.valid;
  }

  #readCall(exchange: Exchange, parameters: FormParameters): Webhook | null {
    const accountSid = soleValue(parameters, 'AccountSid') ?? '';
    if (this.#settings.accountSid !== null && accountSid !== this.#settings.accountSid) {
      return this.#refuse(exchange, '403 Forbidden', 'Expected the configured account for AccountSid');
    }
    const callSid = soleValue(parameters, 'CallSid');
    if (!isCallSid(callSid)) {
      return this.#refuse(exchange, '400 Bad Request', 'Expected CA and 32 hex digits for CallSid, once');
    }
    const isOutbound = wordOf(parameters, 'Direction').startsWith('outbound');
    const caller = {
      accountSid,
      from: nameOf(parameters, 'From'),
      to: nameOf(parameters, 'To'),
      ...(isOutbound ? { direction: 'outbound' as const } : {}),
    };
    const errorCode = soleValue(parameters, 'ErrorCode') ?? '';
    return {
      callSid,
      caller,
      errorCode: ERROR_CODE.test(errorCode) ? errorCode : '',
      callStatus: wordOf(parameters, 'CallStatus'),
      answeredBy: wordOf(parameters, 'AnsweredBy'),
      dialStatus: wordOf(parameters, 'DialCallStatus') || dialStatusOf(exchange.query),
    };
  }

  #refuse(exchange: Exchange, status: string, reason: string, closes = false): null {
    const fields = { event: 'request.refused', code: status, reason };
    this.#log.warn(fields, 'a request was refused', `request ${status}`);
    exchange.answer(textAnswer(status, reason, closes));
    return null;
  }
}

function wordOf(parameters: FormParameters, field: string): string {
  const value = soleValue(parameters, field) ?? '';
  return WORD.test(value) ? value : '';
}

function nameOf(parameters: FormParameters, field: string): string {
  const value = soleValue(parameters, field) ?? '';
  return CALLER_NAME.test(value) ? value : '';
}
