/** Rows of texts as a table for people, its columns as wide as they need to be. */
export function table(head: string[], rows: unknown[][]): string {
  const lines = [head, ...rows.map((row) => row.map(shown))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** One thing, a line for each of its fields. */
export function fields(thing: object): string {
  const entries = Object.entries(thing);
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`).join('\n');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.map(shown).join(' ') || '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
