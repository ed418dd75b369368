/**
 * The cells of one line of CSV (RFC 4180, without line ends inside quotes), or undefined where its quotes do not fit together. Blanks
 * around a quoted cell are tolerated, as some spreadsheets write them.
 *
 * Line by line and by hand, since a parser of whole files lets one open quote swallow the readers after it.
 *
 * @param separator - one character
 */
export function cutCells(line: string, separator: string): string[] | undefined {
  if (!line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  for (let at = 0; ; at += 1) {
    const start = skipBlanks(line, at, separator);
    if (line[start] === '"') {
      const end = closingQuote(line, start + 1);
      if (end === -1) return undefined;
      cells.push(line.slice(start + 1, end).replaceAll('""', '"'));
      at = skipBlanks(line, end + 1, separator);
      if (at < line.length && line[at] !== separator) return undefined;
    } else {
      const next = line.indexOf(separator, at);
      const cell = line.slice(at, next === -1 ? line.length : next);
      if (cell.includes('"')) return undefined;
      cells.push(cell);
      at = next === -1 ? line.length : next;
    }
    if (at >= line.length) return cells;
  }
}

function skipBlanks(line: string, from: number, separator: string): number {
  let at = from;
  while (at < line.length && line[at] !== separator && (line[at] === ' ' || line[at] === '\t')) at += 1;
  return at;
}

/** The place of the quote that ends the cell; doubled ones are part of it. */
function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at !== -1; at = line.indexOf('"', at + 2))
    if (line[at + 1] !== '"') return at;
  return -1;
}
