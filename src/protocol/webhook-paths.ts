/** The paths that a carrier is given; the server and the supervisor that stands in for it answer the same ones. Pure. */
export const VOICE_PATH = '/voice';
/** A call token follows. */
export const CONTINUE_PATH = '/voice/continue/';
/** For the number's *primary handler fails*. */
export const FALLBACK_PATH = '/voice/fallback';
/** For call and stream status callbacks. */
export const STATUS_PATH = '/voice/status';
/** The id of an outbound call follows: what it begins with, how it goes, and that a machine has answered it. */
export const OUTBOUND_PATH = '/voice/outbound/';
export const OUTBOUND_STATUS_PATH = '/voice/outbound-status/';
export const MACHINE_PATH = '/voice/machine/';
/** A call token follows: what is said to whoever answers that call's transfer. */
export const WHISPER_PATH = '/voice/whisper/';

/**
 * Put behind a URL that Twilio asks: it then tries five times more, on every kind of failure, so that a restart of ours is
 * survived. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
export const RETRY_FRAGMENT = '#rc=5&rp=all';
