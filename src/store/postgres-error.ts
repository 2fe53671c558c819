/** What a failure of PostgreSQL means for a write: try the same again later, or never. */

import { TrunklineError } from '../errors.ts';

/**
 * SQLSTATE classes and codes (PostgreSQL documentation, appendix A) that speak of the server's state and not of what was
 * asked: connections, resources (53100 is a full disk), shutdown and start, system errors, locks, deadlocks, cancelled by
 * a deadline, a standby that is not yet the primary, a password that is just being changed, a database that is not there yet.
 */
const TRANSIENT_STATES = /^(08|53|57P|58|28|55P03|57014|40001|40P01|25006|25P0[23]|3D000)/;

/** What pg says, without a code, of a connection that is lost or late. */
const LOST_CONNECTION = /terminated|timeout|not queryable|connection|transaction was undone/i;
/** The server starts, stops, or has no connection to spare: it may be there in a moment. */
const AWAY_STATES = /^(08|57P|53300)/;

/** The server's word for what is wrong, five characters; null where it said nothing, since it or the network is gone. */
function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  // EPIPE is a system's error; no SQLSTATE begins with E.
  return typeof code === 'string' && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) ? code : null;
}

/** True for a failure after which the same write may succeed. */
export function isTransientPostgresError(error: unknown): boolean {
  const state = sqlState(error);
  return state === null ? isConnectionLost(error) : TRANSIENT_STATES.test(state);
}

/** True where somebody else held a lock for longer than we wait. */
export function isLockNotHad(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/** True where the server does not answer at all, or says that it does not serve now. */
export function isServerAway(error: unknown): boolean {
  const state = sqlState(error);
  return state === null ? isConnectionLost(error) : AWAY_STATES.test(state);
}

/** True where the server said nothing of the transaction: it may be committed, or be yet. */
export function isUnanswered(error: unknown): boolean {
  return sqlState(error) === null;
}

function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TrunklineError) return false;
  return typeof (error as { code?: unknown }).code === 'string' || LOST_CONNECTION.test(error.message);
}
