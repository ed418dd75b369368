type Cell = string | number | Date | null;

/** Spreadsheets take a cell that begins so for a formula (OWASP, "CSV Injection"); a quote before it makes it text. What begins with quotes and then so gets one more: an import takes one away. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** One line of CSV (RFC 4180) without its end. Texts from outside are made harmless for spreadsheets. */
export function csvLine(cells: readonly Cell[]): string {
  return cells
    .map((cell) => {
      if (cell === null) return '';
      if (typeof cell === 'number') return String(cell);
      if (cell instanceof Date) return cell.toISOString();
      const text = FORMULA.test(cell) ? `'${cell}` : cell;
      return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
