/** Numbers and digits that are somebody's, as people may see them who need not know whose. Pure; any thread. */

const SHOWN_DIGITS = 3;
const DIGITS_HIDDEN_FROM = 4;

/** What stands where no number is told (Twilio's words for a caller who withholds it), and for a call from a page. */
const NO_NUMBERS: ReadonlySet<string> = new Set([
  'anonymous',
  'restricted',
  'unavailable',
  'unknown',
  'browser',
]);

/** `+1•••••••100`: country and end tell callers apart, and do not reach one. */
export function maskNumber(number: string): string {
  if (NO_NUMBERS.has(number.toLowerCase())) return number;
  const digits = number.replace(/\D/g, '').length;
  if (digits <= SHOWN_DIGITS + 1) return '•'.repeat(number.length);
  return `${number.slice(0, 2)}${'•'.repeat(number.length - 2 - SHOWN_DIGITS)}${number.slice(-SHOWN_DIGITS)}`;
}

/** Digits with no more between them than what parts the groups of a number. */
const DIGITS_IN_A_ROW = /\d(?:[\s()./-]{0,2}\d){3,}/g;

/** Four digits and more in a row may be somebody's number, of whatever kind. */
export function maskDigits<Value>(value: Value): Value | string {
  if (typeof value === 'number' && Math.abs(value) >= 10 ** (DIGITS_HIDDEN_FROM - 1))
    return maskDigits(String(value));
  if (typeof value !== 'string') return value;
  return value.replace(DIGITS_IN_A_ROW, (row) => row.replaceAll(/\d/g, '•'));
}
