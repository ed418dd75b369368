/**
 * Reads BibTeX entry by entry, tolerantly: what is broken is named, and costs nothing but itself. Own and small, since readers
 * paste what other programs wrote. Linear in time: no pattern backtracks, and what is read twice is counted.
 */

/** An entry; the values are as they stand there, without the outer braces or quotes, names in lower case. */
export interface BibEntry {
  /** Counted from 1. */
  line: number;
  type: string;
  /** As its author named it; '' where it has none. */
  key: string;
  fields: Map<string, string>;
}

export interface BibFault {
  line: number;
  key: string;
  reason: string;
}

export interface BibReading {
  entries: BibEntry[];
  faults: BibFault[];
  /** There were more entries than are read. */
  cut: boolean;
}

/** Entries that are read of one text. */
export const ENTRIES_MAX = 500;
/** Longer values are cut: the longest real abstract seen has 1,920 characters, the longest list of authors 12,000. */
const VALUE_MAX = 20_000;
const KEY_MAX = 200;
const FIELDS_MAX = 60;
const MACROS_MAX = 1000;
/** Names of journals; short, so that a small text does not become a large one. */
const MACRO_MAX = 300;
/** How often the text may be read over again behind entries that never end. */
const AGAIN = 4;

class Broken extends Error {}

const isSpace = (char: string | undefined) => char !== undefined && char.trim() === '';
const isWord = (char: string | undefined) =>
  char !== undefined && !isSpace(char) && !'"#%\'(),={}@'.includes(char);

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

class Reader {
  at = 0;
  private readonly macros = new Map(MONTHS.map((name) => [name, name]));
  readonly text: string;
  /** Where the entry that is being read must end: where the next one begins a line. */
  end: number;
  constructor(text: string) {
    this.text = text;
    this.end = text.length;
  }

  peek(): string | undefined {
    return this.at < this.end ? this.text[this.at] : undefined;
  }
  space(): void {
    while (isSpace(this.peek())) this.at += 1;
  }
  word(): string {
    const from = this.at;
    while (isWord(this.peek())) this.at += 1;
    return this.text.slice(from, this.at);
  }

  /** From behind an opening brace or quote to behind the closing one; what is between. */
  enclosed(close: '}' | '"' | ')'): string {
    const from = this.at;
    for (let depth = 0; this.at < this.end; this.at += 1) {
      const char = this.text[this.at];
      if (depth === 0 && char === close) {
        this.at += 1;
        return this.text.slice(from, Math.min(this.at - 1, from + VALUE_MAX));
      }
      if (char === '{') depth += 1;
      else if (char === '}') {
        depth -= 1;
        if (depth < 0) throw new Broken('a brace is closed that was not opened');
      }
    }
    throw new Broken(close === '"' ? 'a quote is never closed' : 'a brace is never closed');
  }

  /** Parts joined by #: `{…}`, `"…"`, numbers, names of @string. */
  value(): string {
    let value = '';
    for (;;) {
      this.space();
      const char = this.peek();
      if (char === '{' || char === '"') {
        this.at += 1;
        const part = this.enclosed(char === '{' ? '}' : '"');
        if (value.length < VALUE_MAX) value += part;
      } else {
        const word = this.word();
        if (word === '') throw new Broken('a field has no value');
        if (value.length < VALUE_MAX) value += this.macros.get(word.toLowerCase()) ?? word;
      }
      this.space();
      if (this.peek() !== '#') return value.slice(0, VALUE_MAX);
      this.at += 1;
    }
  }

  /** `name = value, …` to behind the closing sign. */
  fields(close: '}' | ')'): Map<string, string> {
    const fields = new Map<string, string>();
    for (;;) {
      this.space();
      while (this.peek() === ',') {
        this.at += 1;
        this.space();
      }
      const char = this.peek();
      if (char === undefined) throw new Broken('the entry never ends');
      if (char === close) {
        this.at += 1;
        return fields;
      }
      const name = this.word().toLowerCase();
      this.space();
      if (name === '' || this.peek() !== '=') throw new Broken('a field has no name or no "="');
      this.at += 1;
      const value = this.value();
      if (fields.size < FIELDS_MAX && !fields.has(name)) fields.set(name, value);
    }
  }

  /** The name of an entry, up to its comma; '' where fields begin at once. */
  key(close: '}' | ')'): string {
    this.space();
    const from = this.at;
    while (this.at < this.end && !',={}'.includes(this.text[this.at] ?? '') && this.text[this.at] !== close)
      this.at += 1;
    if (this.peek() === '=') {
      this.at = from;
      return '';
    }
    return this.text.slice(from, Math.min(this.at, from + KEY_MAX)).trim();
  }

  remember(fields: ReadonlyMap<string, string>): void {
    for (const [name, value] of fields)
      if (this.macros.size < MACROS_MAX) this.macros.set(name, value.slice(0, MACRO_MAX));
  }
}

/** Where `@word{` or `@word(` begins at this @: its word and where its inside begins; null where it does not. */
function opening(text: string, at: number): { type: string; inside: number; close: '}' | ')' } | null {
  let to = at + 1;
  // No type is longer; a longer run of letters is not read to its end.
  while (to - at <= 40 && /[A-Za-z]/.test(text[to] ?? '')) to += 1;
  const type = text.slice(at + 1, to).toLowerCase();
  while (to - at <= 60 && isSpace(text[to])) to += 1;
  const open = text[to];
  if (type === '' || (open !== '{' && open !== '(')) return null;
  return { type, inside: to + 1, close: open === '{' ? '}' : ')' };
}

/** Where entries begin a line: an entry that never ends is over there at the latest. */
function findStarts(text: string): number[] {
  const starts: number[] = [];
  let fresh = true;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n' || char === '\r') fresh = true;
    else if (fresh && char === '@') {
      if (opening(text, at)) starts.push(at);
      fresh = false;
    } else if (!isSpace(char)) fresh = false;
  }
  return [...starts, text.length];
}

/** Reads a text of BibTeX; never throws. `@comment` and `@preamble` are passed over. */
export function readBibtex(text: string): BibReading {
  const reading: BibReading = { entries: [], faults: [], cut: false };
  const starts = findStarts(text);
  const reader = new Reader(text);
  let next = 0;
  let again = AGAIN * text.length;
  let line = 1;
  let counted = 0;
  const lineOf = (at: number) => {
    for (; counted < at; counted += 1) if (text[counted] === '\n') line += 1;
    return line;
  };
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', reader.at)) {
    const found = opening(text, at);
    reader.at = at + 1;
    if (!found) continue;
    while ((starts[next] ?? text.length) <= at && next < starts.length) next += 1;
    reader.end = starts[next] ?? text.length;
    reader.at = found.inside;
    const { type, inside, close } = found;
    let key = '';
    try {
      if (type === 'comment' || type === 'preamble') reader.enclosed(close);
      else if (type === 'string') reader.remember(reader.fields(close));
      else {
        if (reading.entries.length + reading.faults.length >= ENTRIES_MAX) {
          reading.cut = true;
          break;
        }
        key = reader.key(close);
        const fields = reader.fields(close);
        reading.entries.push({ line: lineOf(at), type, key, fields });
      }
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      if (type !== 'comment' && type !== 'preamble')
        reading.faults.push({ line: lineOf(at), key, reason: error.message });
      // Another may begin on the same line, behind the fault or within it.
      again -= reader.at - inside;
      reader.at = again > 0 ? inside : reader.end;
    }
  }
  return reading;
}
