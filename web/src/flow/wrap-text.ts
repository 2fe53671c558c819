/** Lines of at most so many characters, the last one cut short with an ellipsis if there is more. Pure. */
export function wrapText(text: string, charactersMax: number, linesMax: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= charactersMax || line === '') {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  if (line !== '') lines.push(line);
  const shown = lines.slice(0, linesMax).map((part) => shorten(part, charactersMax));
  const last = shown.at(-1);
  if (lines.length > linesMax && last !== undefined && !last.endsWith('…')) {
    shown[shown.length - 1] = shorten(`${last} …`, charactersMax);
  }
  return shown;
}

export function shorten(text: string, charactersMax: number): string {
  const characters = [...text];
  return characters.length <= charactersMax ? text : `${characters.slice(0, charactersMax - 1).join('')}…`;
}
