/** A vendor's guard that tells the I/O thread when the vendor goes down and when it is back. */
import type { VendorHealth, VendorRole } from '../../channel/vendor-messages.ts';
import type { Clock } from '../../clock.ts';
import { TrunklineError } from '../../errors.ts';
import { VendorGuard } from './vendor-guard.ts';

export function createTellingGuard(
  role: VendorRole,
  provider: string,
  { clock, tell }: { readonly clock: Clock; readonly tell: (health: VendorHealth) => void },
): VendorGuard {
  return new VendorGuard({
    clock,
    onChange: (state, cause) => tell({ kind: 'vendor.health', role, provider, state, why: whyOf(cause) }),
  });
}

/** Messages of our own errors hold nothing that a caller said. Of any other error the name must do. */
function whyOf(cause: unknown): string {
  if (cause instanceof TrunklineError) return cause.message;
  return cause instanceof Error ? cause.name : '';
}
