import type { FormBody } from './forms.ts';
import { oneField } from './one-field.ts';

export type Side = 'more' | 'less';

/** What a press on the page of a vote does. */
export type VoteAct =
  /** `to` none: takes the vote back. */
  { kind: 'vote'; to: Side | 'none'; undo: boolean } | { kind: 'refuse' | 'allow'; author: string };

const isSide = (text: string): text is Side => text === 'more' || text === 'less';

/** `more`, `less`, nothing (null), or a sentence on what is wrong. */
export function readSide(body: FormBody): Side | null | { fault: string } {
  const text = oneField(body, 'vote');
  if (text === '') return null;
  if (text !== null && isSide(text)) return text;
  return { fault: 'A vote says "more" or "less". Open the link in the mail again and press a button.' };
}

/** The id of the paper that a link or form names; null where it names none that could be. */
export function readPaperId(body: FormBody): string | null {
  const text = oneField(body, 'paper');
  return text !== null && /^[\w./-]{1,64}$/.test(text) ? text : null;
}

/** What a form asks for; a form that is empty asks for what its link says. */
export function readVoteAct(form: FormBody, link: FormBody): VoteAct | { fault: string } {
  const undo = oneField(form, 'undo');
  const author = oneField(form, 'author');
  const allow = oneField(form, 'allow');
  if (undo === null || author === null || allow === null)
    return { fault: 'Each field may come once. Open the link in the mail again and press a button.' };
  if (undo !== '') {
    if (undo === 'none' || isSide(undo)) return { kind: 'vote', to: undo, undo: true };
    return { fault: 'What to go back to is "more", "less" or "none".' };
  }
  if (author !== '') return { kind: 'refuse', author };
  if (allow !== '') return { kind: 'allow', author: allow };
  const side = readSide(form) ?? readSide(link);
  if (side === null) return { fault: 'Nothing was chosen. Press one of the buttons.' };
  return typeof side === 'string' ? { kind: 'vote', to: side, undo: false } : side;
}
