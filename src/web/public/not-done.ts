import type { Answer } from '../answers.ts';
import { page } from '../page.ts';

/**
 * A press that cannot be done as it was asked for: 422, and the way back to the page of the button.
 *
 * @param detail - a sentence that says why
 * @param backHref - the path of that page
 */
export const notDone = (detail: string, backHref: string): Answer =>
  page(
    'not-done',
    { title: 'Cannot be used', path: '/nowhere', banner: false, status: 422 },
    { detail, backHref },
  );
