import { tidyText } from '../../papers/rules/text.ts';

// Everything here takes text from outside and gives text: escaping happens where it is put into a document.

// Far above anything that is printed whole; an abstract has at most about 2,000 characters.
const LINE_LIMIT = 6000;

/** One line of printable text, without controls, bidi overrides or invisible characters; cut at 6,000 characters. */
export function cleanLine(text: string): string {
  return tidyText(text, LINE_LIMIT);
}

/** At most `limit` characters (UTF-16 units): cut after a word where one ends late enough, with … in place of the rest. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const room = text.slice(0, limit - 1);
  const space = room.lastIndexOf(' ');
  // One word of more than a third of the room is cut through.
  const cut = space > room.length * (2 / 3) ? room.slice(0, space) : room.replace(/[\ud800-\udbff]$/, '');
  return `${cut.replace(/[\s,;:.–—-]+$/, '')}…`;
}

/** `1 vote`, `128 votes`, `1,204 votes`. */
export function count(number: number, noun: string): string {
  return `${thousands(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** `1,204`. */
export function thousands(number: number): string {
  return String(Math.trunc(number)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1st`, `22nd`, `113th`. */
export function ordinal(number: number): string {
  const tens = number % 100;
  const ending = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${thousands(number)}${ending}`;
}

/**
 * Wraps one paragraph at `width` columns; lines after the first begin with `indent` spaces, and the first is taken to
 * begin at that column too. A word that is longer, such as a link, stands on a line of its own.
 */
export function wrap(text: string, indent = 0, width = 76): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}
