/** A stream takes the place of its call, by a token that was found good: the same for every carrier, which each says in its own words. I/O thread. */
import type { TokenClaims } from '../protocol/tokens.ts';
import type { Admission, Caller } from './admission.ts';
import type { CallDirectory } from './call-directory.ts';
import type { Readiness } from './readiness.ts';

/** `used`: an earlier stream came by this token, or by a later one of the call. */
export type ClaimRefusal = 'ending' | 'full' | 'used';

export interface ClaimParts {
  readonly admission: Admission;
  readonly directory: CallDirectory;
  readonly readiness: Readiness;
}

/** Null: the stream may open, and its call has a slot. `caller`: as far as the carrier tells by now. */
export function claimStream(
  { admission, directory, readiness }: ClaimParts,
  { attempt, callSid }: TokenClaims,
  caller?: Caller,
): ClaimRefusal | null {
  if (readiness.leaving === 'ending') return 'ending';
  // A call that lets its slot go comes in like a new one: the slot may be another's by now. Its token stays unused.
  if (!admission.hasRoomFor(callSid)) return 'full';
  if (!directory.claim(callSid, attempt)) return 'used';
  admission.renew(callSid, caller);
  return null;
}
