/** Names and values of a flow as a reader wants them: `birth_year` becomes "birth year", `true` "yes". */
export function answerText(value: string): string {
  if (value === 'true') return 'yes';
  if (value === 'false') return 'no';
  return value.replaceAll(/[_-]+/g, ' ').trim() || value;
}
