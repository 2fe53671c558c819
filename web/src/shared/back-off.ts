/** Waits between tries: doubling from the first to the longest, with up to a fifth taken off so that many do not come at once. */
export function backOffMs(
  attempt: number,
  limits: { readonly firstMs: number; readonly longestMs: number },
  random: () => number = Math.random,
): number {
  const waitMs = Math.min(limits.firstMs * 2 ** attempt, limits.longestMs);
  return Math.round(waitMs * (1 - 0.2 * random()));
}
