/**
 * Lines of CSV as RFC 4180 has them, safe to open in a spreadsheet: a text that would be read as a formula is made a text by
 * an apostrophe (OWASP, "CSV Injection"). Numbers stay numbers.
 */
export type CsvCell = string | number | boolean | null;

/** Full-width forms too: some spreadsheets take them for the plain ones. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** With its line end. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(toField).join(',')}\r\n`;
}

function toField(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = FORMULA_START.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
