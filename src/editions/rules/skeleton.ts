/** What the sender puts in for each reader. */
export type SlotName =
  | 'unsubscribe_url'
  | 'preferences_url'
  | 'read_url'
  | 'vote_url'
  | 'preheader'
  | 'count_line'
  | 'number'
  | 'reason'
  | 'more_count'
  | 'confirm_url'
  | 'proof_url'
  | 'email';

export const slotNames: readonly SlotName[] = [
  'unsubscribe_url',
  'preferences_url',
  'read_url',
  'vote_url',
  'preheader',
  'count_line',
  'number',
  'reason',
  'more_count',
  'confirm_url',
  'proof_url',
  'email',
];

/** How much of an abstract a reader wants. */
export type Abstracts = 'short' | 'full';

/** A cut of a mail: finished text with slots and abstracts between. Plain JSON, so that it can be stored and sent to another machine. */
export interface Piece {
  format: 'html' | 'text';
  parts: (string | { slot: SlotName } | Record<Abstracts, string>)[];
}

/** Values for slots; a piece needs those that it has. */
export type SlotValues = Partial<Record<SlotName, string | number>>;

/** The value of a slot in a template's data. */
export class Slot {
  readonly slot: SlotName;

  constructor(slot: SlotName) {
    this.slot = slot;
  }
}

/** A text in two lengths in a template's data: each reader gets one. */
export class Lengths {
  readonly short: string;
  readonly full: string;

  constructor(short: string, full: string) {
    this.short = short;
    this.full = full;
  }

  map(change: (text: string) => string): Lengths {
    return new Lengths(change(this.short), change(this.full));
  }
}

/** `{ unsubscribe_url: Slot, … }`, for a template's data. */
export const slots = Object.fromEntries(slotNames.map((name) => [name, new Slot(name)])) as Record<
  SlotName,
  Slot
>;

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as text and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/**
 * Stands in for a template's outputs while it is rendered and compiled: each value is kept here and leaves a marker
 * behind, so that neither Liquid nor MJML nor the cutter ever sees what an outsider wrote, and `join` puts it in at
 * the end. Markers carry a random nonce, and values are never searched for them: no title can forge one.
 */
export class Planter {
  readonly #values: (string | Slot | Lengths)[] = [];
  readonly #prefix: string;

  /** @param nonce - letters and digits that nobody outside can guess; a new one for each rendering */
  constructor(nonce: string) {
    this.#prefix = `p${nonce}n`;
  }

  /** Keeps the value and returns its marker: one word of letters and digits, which no compiler rewrites. */
  plant(value: unknown): string {
    if (value === undefined || value === null) return '';
    this.#values.push(value instanceof Slot || value instanceof Lengths ? value : String(value));
    return `${this.#prefix}${this.#values.length - 1}e`;
  }

  /** Puts the values back: escaped in HTML, as they are in text; slots and lengths stay open. */
  join(rendered: string, format: Piece['format']): Piece {
    const parts: Piece['parts'] = [];
    const dress = format === 'html' ? escapeHtml : (text: string) => text;
    let text = '';
    const add = (part: Exclude<Piece['parts'][number], string>) => {
      if (text !== '') parts.push(text);
      text = '';
      parts.push(part);
    };
    for (const [index, part] of rendered.split(new RegExp(`${this.#prefix}(\\d+)e`)).entries()) {
      const value = index % 2 === 0 ? part : this.#values[Number(part)];
      if (value instanceof Slot) add({ slot: value.slot });
      else if (value instanceof Lengths && value.short !== value.full)
        add({ short: dress(value.short), full: dress(value.full) });
      else if (value instanceof Lengths) text += dress(value.short);
      else text += index % 2 === 0 ? value : dress(value ?? '');
    }
    if (text !== '') parts.push(text);
    return { format, parts };
  }
}

/** The cuts of a digest in one format, still with markers. */
export interface Cuts {
  head: string;
  cards: string[];
  more: string;
  foot: string;
}

const CUT = /<!-- cut: (card|more|foot) -->\n?/;

/**
 * Cuts a rendered digest at its comments `<!-- cut: card -->`, `<!-- cut: more -->` and `<!-- cut: foot -->`.
 *
 * @throws Error naming what the template lacks
 */
export function cutDigest(rendered: string, cardCount: number, template: string): Cuts {
  const [head = '', ...rest] = rendered.split(CUT);
  const cuts: Record<string, string[]> = { card: [], more: [], foot: [] };
  for (let index = 0; index < rest.length; index += 2) cuts[rest[index] ?? '']?.push(rest[index + 1] ?? '');
  const { card = [], more = [], foot = [] } = cuts;
  const order = rest.filter((_, index) => index % 2 === 0).join(' ');
  if (card.length !== cardCount || !/^(card )*more foot$/.test(order))
    throw new Error(
      `${template} has the cuts "${order}". It must have "<!-- cut: card -->" before each of ${cardCount} cards, then "<!-- cut: more -->", then "<!-- cut: foot -->".`,
    );
  return { head, cards: card, more: more[0] ?? '', foot: foot[0] ?? '' };
}

/** Takes the indentation and empty lines that MJML leaves (a third of its output). Before `join`: values are not touched. */
export function squeeze(html: string): string {
  return html.replace(/\s*\n\s*/g, '\n');
}

// Controls, line ends and the signs that turn writing direction; a space at the end stays, since a reason has one.
const STEERING = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Fills the slots: escaped in HTML, one line without controls in text.
 *
 * @param abstracts - which length is taken (default: short)
 * @throws Error when a slot of the piece has no value: a mail with a hole must not leave
 */
export function fillPiece(piece: Piece, values: SlotValues, abstracts: Abstracts = 'short'): string {
  let filled = '';
  for (const part of piece.parts) {
    if (typeof part === 'string') {
      filled += part;
      continue;
    }
    if (!('slot' in part)) {
      filled += part[abstracts];
      continue;
    }
    const value = values[part.slot];
    if (value === undefined) throw new Error(`The slot "${part.slot}" has no value. Give one to fillPiece.`);
    const line = String(value).replace(STEERING, ' ');
    filled += piece.format === 'html' ? escapeHtml(line) : line;
  }
  return filled;
}
