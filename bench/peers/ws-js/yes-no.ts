const YES: ReadonlySet<string> = new Set([
  'yes',
  'yeah',
  'yep',
  'yup',
  'sure',
  'correct',
  'right',
  'ok',
  'okay',
]);
const NO: ReadonlySet<string> = new Set(['no', 'nope', 'nah', 'not', "don't", 'never', 'wrong']);

/** Null: neither, or both. */
export function readYesNo(text: string): boolean | null {
  const words = text.toLowerCase().match(/[a-z']+/g) ?? [];
  const saysNo = words.some((word) => NO.has(word));
  const saysYes = words.some((word) => YES.has(word));
  return saysYes === saysNo ? null : saysYes;
}
