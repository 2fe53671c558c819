/** The paths that a carrier is given; the server and the supervisor that stands in for it answer the same ones. Pure. */
export const VOICE_PATH = '/voice';
/** A call token follows. */
export const CONTINUE_PATH = '/voice/continue/';
/** For the number's *primary handler fails*. */
export const FALLBACK_PATH = '/voice/fallback';
/** For call and stream status callbacks. */
export const STATUS_PATH = '/voice/status';
