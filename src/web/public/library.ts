import { importLibrary, LIBRARY_MAX, LIST_MAX, sizeOfLibrary, undoLibrary } from '../../interests/index.ts';
import { readPreferences, type Subscriber } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unknownPreferences } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import { type FormBody, textField } from '../rules/forms.ts';
import { type LibraryAnswer, NO_ANSWER, readAddedAt, viewReport } from '../rules/library-view.ts';

const PATH = '/preferences/:token/library';
/** A form writes a brace, a comma and each byte of `é` as three: a list is up to three times as long on its way. */
const FORM_LIMIT_BYTES = 3 * LIST_MAX + 1000;

const FAULTS = {
  empty: 'There is no BibTeX entry in this. An entry begins like @article{name, and ends with a brace.',
  'too-long': 'This is too long: 500,000 characters are the most that is read at once. Paste it in parts.',
  'no-undo': 'What to undo is a moment, like 2026-06-11T09:00:00.000Z. Press the button again.',
} as const;

/** A reader's own list of papers, pasted as BibTeX: a beginning for who has read before. */
export function libraryRoutes(context: WebContext): Route[] {
  async function show(token: string, reader: Subscriber, answer: LibraryAnswer): Promise<Answer> {
    return page(
      'library',
      { title: 'Your own list', path: PATH, banner: false, status: answer.fault ? 422 : 200 },
      {
        ...answer,
        size: await sizeOfLibrary(context.db, reader.id),
        most: LIBRARY_MAX,
        preferencesHref: `/preferences/${token}`,
      },
    );
  }

  async function act(readerId: number, body: FormBody): Promise<LibraryAnswer | 'unknown'> {
    const undo = textField(body, 'undo');
    if (undo !== '') {
      const at = readAddedAt(undo);
      if (!at) return { ...NO_ANSWER, fault: FAULTS['no-undo'] };
      const said =
        (await undoLibrary(context, readerId, at)) === 'undone'
          ? 'Undone: what this list added is gone.'
          : 'There was nothing to undo.';
      return { ...NO_ANSWER, said };
    }
    const outcome = await importLibrary(context, readerId, textField(body, 'bibtex'));
    if (outcome === 'unknown') return 'unknown';
    return typeof outcome === 'string' ? { ...NO_ANSWER, fault: FAULTS[outcome] } : viewReport(outcome);
  }

  return [
    {
      path: PATH,
      audience: 'token',
      formLimit: FORM_LIMIT_BYTES,
      async get(request) {
        const reader = await readPreferences(context, tokenOf(request));
        return reader ? show(tokenOf(request), reader, NO_ANSWER) : unknownPreferences();
      },
      async post(request) {
        const token = tokenOf(request);
        const reader = await readPreferences(context, token);
        if (!reader) return unknownPreferences();
        const answer = await act(reader.id, request.body ?? {});
        return answer === 'unknown' ? unknownPreferences() : show(token, reader, answer);
      },
    },
  ];
}
