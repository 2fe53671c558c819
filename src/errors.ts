/**
 * Every error that Trunkline raises on purpose, by who must act on it. Each code is stable, listed once
 * in `ERROR_CODES`, and explained in README ("Error codes"); a test holds the two lists against each other.
 */

/** Code -> what it means, in one line. The README's table is this list. */
export const ERROR_CODES = {
  ERR_CONFIG: 'A setting is missing or wrong; the start is refused and the setting is named.',
  ERR_PORT_TAKEN: 'The port is in use by another program, perhaps by another Trunkline.',
  ERR_ADDON: 'The native addon could not be built, found or loaded on this machine.',
  ERR_FLOW: 'A flow file is wrong; file, line and what was expected are named.',
  ERR_PROTOCOL: 'A peer sent something that its protocol does not allow.',
  ERR_PROVIDER: 'A speech vendor failed or answered with something unusable.',
  ERR_CAPACITY: 'A bound was reached: calls, queue length or bytes.',
  ERR_DEADLINE: 'A wait ran past its deadline.',
  ERR_INVALID_STATE: 'A defect of ours; it ends the one call that met it.',
  ERR_CRASH_LOOP: 'The server ended too often in a short time; the supervisor gave up.',
  ERR_STORE: 'The call store could not read or write.',
  ERR_RECORD:
    'A recorded call cannot be replayed: the file is damaged, of another version, or something else.',
  ERR_CARRIER: "The carrier's REST API refused what was asked, or did not answer.",
  ERR_DIAL:
    'Nobody is called: the number, the flow or a variable is wrong, or the number is not to be called.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What crosses a thread: `postMessage` drops an Error's name and own fields, so errors travel as records. */
export interface ErrorRecord {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

export class TrunklineError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The operator must act: a setting, a port, a file. */
export class ConfigError extends TrunklineError {
  constructor(message: string, options?: ErrorOptions & { code?: 'ERR_CONFIG' | 'ERR_PORT_TAKEN' }) {
    super(options?.code ?? 'ERR_CONFIG', message, options);
  }
}

/** The deployment must change: no build, wrong CPU, wrong platform. */
export class AddonError extends TrunklineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_ADDON', message, options);
  }
}

/** The peer (carrier, browser) must act. */
export class ProtocolError extends TrunklineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_PROTOCOL', message, options);
  }
}

/** The flow's author must act. `line` is 1-based; `path` is the place in the document, as `nodes.age.prompt`. */
export class FlowError extends TrunklineError {
  readonly file: string;
  readonly line: number;
  readonly path: string;

  constructor(message: string, at: { file: string; line: number; path: string }, options?: ErrorOptions) {
    super('ERR_FLOW', `${at.file}:${at.line}: ${at.path === '' ? '' : `${at.path}: `}${message}`, options);
    this.file = at.file;
    this.line = at.line;
    this.path = at.path;
  }
}

/**
 * What a vendor's failure means to whoever asked:
 *
 *     fault      example                                     retry             speaks against the vendor
 *     transient  429 rate limit, 5xx, reset connection       soon              yes
 *     busy       its own limit of concurrent requests        when one is free  no
 *     unusable   HTML with status 200, half a sample         no                yes
 *     refused    400: this request, whoever sends it         no                no
 *     denied     401, quota, model gone: the operator acts   no                yes, at once
 */
export type ProviderFault = 'transient' | 'busy' | 'unusable' | 'refused' | 'denied';

export interface ProviderFailure {
  readonly provider: string;
  readonly fault: ProviderFault;
  readonly statusCode?: number;
  /** The vendor's own name for what is wrong, as `model_not_found`. */
  readonly vendorCode?: string;
  /** When the vendor says that it may be asked again. */
  readonly retryAfterMs?: number;
}

/** A speech vendor failed. */
export class ProviderError extends TrunklineError {
  readonly provider: string;
  readonly fault: ProviderFault;
  readonly statusCode: number | undefined;
  readonly vendorCode: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, about: ProviderFailure, options?: ErrorOptions) {
    super('ERR_PROVIDER', message, options);
    this.provider = about.provider;
    this.fault = about.fault;
    this.statusCode = about.statusCode;
    this.vendorCode = about.vendorCode;
    this.retryAfterMs = about.retryAfterMs;
  }

  /** The same request may succeed if it is sent again. */
  get retryable(): boolean {
    return this.fault === 'transient' || this.fault === 'busy';
  }
}

/** A bound was reached; nothing is wrong but the amount. */
export class CapacityError extends TrunklineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CAPACITY', message, options);
  }
}

/** A wait ran out. */
export class DeadlineError extends TrunklineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_DEADLINE', message, options);
  }
}

/** Our defect. Ends one call, never more. */
export class InvalidStateError extends TrunklineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_INVALID_STATE', message, options);
  }
}

/** The call store failed. */
export class StoreError extends TrunklineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_STORE', message, options);
  }
}

/** The record of a call cannot be used. `line` is 1-based. */
export class RecordError extends TrunklineError {
  constructor(message: string, at: { file: string; line: number }, options?: ErrorOptions) {
    super('ERR_RECORD', `${at.file}:${at.line}: ${message}`, options);
  }
}

/** The carrier's REST API refused, or did not answer. `carrierCode` is its own number for it; null where it gave none. */
export class CarrierError extends TrunklineError {
  readonly carrierCode: number | null;

  constructor(message: string, carrierCode: number | null, options?: ErrorOptions) {
    super('ERR_CARRIER', message, options);
    this.carrierCode = carrierCode;
  }
}

/** An outbound call cannot be asked for. `field`: of the request, as `to` or `variables.name`. */
export class DialError extends TrunklineError {
  readonly field: string;

  constructor(field: string, message: string, options?: ErrorOptions) {
    super('ERR_DIAL', `${field}: ${message}`, options);
    this.field = field;
  }
}

/** Any thrown value as the record that may cross a thread. Never throws, whatever was thrown. */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof Error) {
    const code = (thrown as { code?: unknown }).code;
    return {
      name: thrown.name,
      code: typeof code === 'string' ? code : 'ERR_INVALID_STATE',
      message: thrown.message,
    };
  }
  return {
    name: 'Error',
    code: 'ERR_INVALID_STATE',
    message: typeof thrown === 'string' ? thrown : 'a value that is no Error was thrown',
  };
}
