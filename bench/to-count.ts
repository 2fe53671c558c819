/** An option's value as a count; ends the process with code 2, and says why, where it is none. */
export function toCount(name: string, value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count;
  console.error(`Expected a whole number from 1 to 10000 for --${name}, received ${value}`);
  process.exit(2);
}
