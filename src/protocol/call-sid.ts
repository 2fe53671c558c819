/**
 * The shapes of the names that a carrier gives: checked before any of them becomes a key, a path or a log field.
 * Pure; a value that does not fit is not ours to repair.
 */

const CALL_SID = /^CA[0-9a-fA-F]{32}$/;
const ACCOUNT_SID = /^AC[0-9a-fA-F]{32}$/;
const STREAM_SID = /^MZ[0-9a-fA-F]{32}$/;
/** ITU-T E.164: a plus and at most 15 digits, the first of them not 0. */
const PHONE_NUMBER = /^\+[1-9][0-9]{1,14}$/;
/** The part of RFC 3261's SIP URI that a transfer needs; no spaces, no headers, at most 255 characters. */
const SIP_ADDRESS = /^sips?:[A-Za-z0-9._~%!$&'*+,;=:-]{1,128}@[A-Za-z0-9.:[\]-]{1,120}$/;

/** `CA` and 32 hex digits: one phone call. */
export function isCallSid(value: unknown): value is string {
  return typeof value === 'string' && CALL_SID.test(value);
}

/** `AC` and 32 hex digits: a Twilio account. */
export function isAccountSid(value: unknown): value is string {
  return typeof value === 'string' && ACCOUNT_SID.test(value);
}

/** `MZ` and 32 hex digits: one media stream of a call. */
export function isStreamSid(value: unknown): value is string {
  return typeof value === 'string' && STREAM_SID.test(value);
}

/** A number in E.164 form. False for `anonymous`, `+266696687` passes: Twilio uses it for withheld numbers. */
export function isPhoneNumber(value: unknown): value is string {
  return typeof value === 'string' && PHONE_NUMBER.test(value);
}

/** `sip:user@host`, as `<Dial><Sip>` takes it. */
export function isSipAddress(value: unknown): value is string {
  return typeof value === 'string' && SIP_ADDRESS.test(value);
}
