import { cleanLine } from './words.ts';

/** What the sender puts in for each reader. */
export type SlotName =
  | 'unsubscribe_url'
  | 'preferences_url'
  | 'read_url'
  | 'more_count'
  | 'confirm_url'
  | 'proof_url'
  | 'email';

export const slotNames: readonly SlotName[] = [
  'unsubscribe_url',
  'preferences_url',
  'read_url',
  'more_count',
  'confirm_url',
  'proof_url',
  'email',
];

/** A cut of a mail: finished text with slots between. Plain JSON, so that it can be stored and sent to another machine. */
export interface Piece {
  format: 'html' | 'text';
  parts: (string | { slot: SlotName })[];
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
  readonly #values: (string | Slot)[] = [];
  readonly #prefix: string;

  /** @param nonce - letters and digits that nobody outside can guess; a new one for each rendering */
  constructor(nonce: string) {
    this.#prefix = `p${nonce}n`;
  }

  /** Keeps the value and returns its marker: one word of letters and digits, which no compiler rewrites. */
  plant(value: unknown): string {
    if (value === undefined || value === null) return '';
    this.#values.push(value instanceof Slot ? value : String(value));
    return `${this.#prefix}${this.#values.length - 1}e`;
  }

  /** Puts the values back: escaped in HTML, as they are in text; slots stay open. */
  join(rendered: string, format: Piece['format']): Piece {
    const parts: Piece['parts'] = [];
    let text = '';
    for (const [index, part] of rendered.split(new RegExp(`${this.#prefix}(\\d+)e`)).entries()) {
      const value = index % 2 === 0 ? part : this.#values[Number(part)];
      if (value instanceof Slot) {
        if (text !== '') parts.push(text);
        text = '';
        parts.push({ slot: value.slot });
      } else if (index % 2 === 0 || format === 'text') text += value;
      else text += escapeHtml(value ?? '');
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

/**
 * Fills the slots: escaped in HTML, one clean line in text.
 *
 * @throws Error when a slot of the piece has no value: a mail with a hole must not leave
 */
export function fillPiece(piece: Piece, values: SlotValues): string {
  let filled = '';
  for (const part of piece.parts) {
    if (typeof part === 'string') {
      filled += part;
      continue;
    }
    const value = values[part.slot];
    if (value === undefined) throw new Error(`The slot "${part.slot}" has no value. Give one to fillPiece.`);
    const line = cleanLine(String(value));
    filled += piece.format === 'html' ? escapeHtml(line) : line;
  }
  return filled;
}
