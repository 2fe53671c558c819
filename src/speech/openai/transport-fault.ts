/** What our own transport ends an exchange for; the rest are Node's errors. */

export class ConnectTimeout extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(limitMs: number) {
    super(`no connection within ${limitMs} ms`);
  }
}

/** A vendor sent more than any right answer has. */
export class BodyTooLong extends Error {
  constructor(maxBytes: number) {
    super(`a body of more than ${maxBytes} bytes`);
  }
}
