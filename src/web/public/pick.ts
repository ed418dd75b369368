import { offerPicks, PICK_SIZE, recordPicks, undoPicks } from '../../interests/index.ts';
import { bylineOf } from '../../papers/index.ts';
import { readPreferences, type Subscriber } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unknownPreferences } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import { paperHref } from '../rules/card.ts';
import { type FormBody, textField, textFields } from '../rules/forms.ts';
import { readPaperId } from '../rules/vote-act.ts';

const PATH = '/preferences/:token/pick';

/** What was said after a press: how many papers, and which may be taken back. */
interface Picked {
  fault: string | null;
  picked: string[] | null;
  undone: number | null;
}

const NOTHING: Picked = { fault: null, picked: null, undone: null };

/** "Pick five of twenty": a beginning for who has not voted yet. */
export function pickRoutes(context: WebContext): Route[] {
  async function show(token: string, reader: Subscriber, state: Picked): Promise<Answer> {
    const papers = state.picked ? [] : await offerPicks(context, reader.id);
    return page(
      'pick',
      { title: 'Pick from twenty papers', path: PATH, banner: false, status: state.fault ? 422 : 200 },
      {
        ...state,
        papers: papers.map((paper) => ({
          id: paper.id,
          title: paper.title,
          href: paperHref(paper.id),
          byline: bylineOf(paper),
        })),
        preferencesHref: `/preferences/${token}`,
      },
    );
  }

  return [
    {
      path: PATH,
      audience: 'token',
      async get(request) {
        const reader = await readPreferences(context, tokenOf(request));
        return reader ? show(tokenOf(request), reader, NOTHING) : unknownPreferences();
      },
      async post(request) {
        const token = tokenOf(request);
        const reader = await readPreferences(context, token);
        if (!reader) return unknownPreferences();
        const body: FormBody = request.body ?? {};
        const texts = [...new Set(textFields(body, 'paper'))].slice(0, PICK_SIZE);
        const ids = texts.flatMap((paper) => readPaperId({ paper }) ?? []);
        if (ids.length === 0)
          return show(token, reader, { ...NOTHING, fault: 'Nothing was picked. Tick at least one paper.' });
        if (textField(body, 'undo') !== '')
          return show(token, reader, { ...NOTHING, undone: await undoPicks(context, reader.id, ids) });
        const outcome = await recordPicks(context, reader.id, ids);
        if (outcome === 'unknown')
          return show(token, reader, {
            ...NOTHING,
            fault: 'None of these papers is known here. Pick from these.',
          });
        return show(token, reader, { ...NOTHING, picked: outcome });
      },
    },
  ];
}
