import {
  allowAuthor,
  describeProfile,
  forgetFeature,
  listUnwantedAuthors,
  refuseAuthor,
  rememberFeature,
  sizeOfLibrary,
} from '../../interests/index.ts';
import { readPreferences, type Subscriber } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { unknownPreferences } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import { momentInWords } from '../rules/calendar.ts';
import type { FormBody } from '../rules/forms.ts';
import { type ProfileAct, readProfileAct } from '../rules/profile-act.ts';
import { refusalWords } from '../rules/vote-view.ts';
import { notDone } from './not-done.ts';

const PATH = '/preferences/:token/profile';

/** A word on what was done to a thing or a person, and the fields that undo it. */
interface Done {
  name: string;
  words: string;
  undo: { name: string; value: string }[];
}

/** "My profile": what was learnt of a reader in words, each of which can be forgotten. */
export function profileRoutes(context: WebContext): Route[] {
  const { db } = context;

  async function show(token: string, reader: Subscriber, done: Done | null): Promise<Answer> {
    const [described, unwanted, library] = await Promise.all([
      describeProfile(db, reader.id),
      listUnwantedAuthors(db, reader.id),
      sizeOfLibrary(db, reader.id),
    ]);
    const isLearnt = described.outcome === 'learnt';
    const groups = isLearnt
      ? [
          { heading: 'More of', features: described.said.more },
          { heading: 'Less of', features: described.said.less },
          { heading: 'Authors', features: described.said.authors },
          { heading: 'Organisations', features: described.said.organisations },
        ]
      : [];
    return page(
      'profile',
      { title: 'My profile', path: PATH, banner: false },
      {
        done,
        learnt: isLearnt && {
          ...described.papers,
          on: momentInWords(described.updatedAt, reader.preferences.timezone),
        },
        waiting: described.waiting,
        groups: groups.filter(({ features }) => features.length > 0),
        forgotten: described.forgotten,
        unwanted,
        library,
        preferencesHref: `/preferences/${token}`,
      },
    );
  }

  /** What a press did, or in a sentence why it could not be done. */
  async function changeFeature(
    readerId: number,
    { kind, feature }: Extract<ProfileAct, { feature: unknown }>,
  ): Promise<Done | string> {
    if (kind === 'forget') {
      const outcome = await forgetFeature(context, readerId, feature);
      if (outcome === 'many')
        return '500 things are forgotten already, which is the most. Start over instead.';
      if (outcome === 'unknown') return 'This is not among what was learnt of you.';
      const { key, said } = outcome.forgotten;
      const undo = [
        { name: 'remember', value: feature.kind },
        { name: 'key', value: key },
      ];
      return { name: said, words: 'is forgotten, and not learnt again.', undo };
    }
    const outcome = await rememberFeature(db, readerId, feature);
    // Pressed twice, perhaps.
    if (outcome === 'unknown')
      return { name: '', words: 'There is nothing to do: this is not forgotten.', undo: [] };
    return { name: outcome.remembered.said, words: 'may be learnt again.', undo: [] };
  }

  async function changeAuthor(
    readerId: number,
    { kind, author }: Extract<ProfileAct, { author: string }>,
  ): Promise<Done | string> {
    if (kind === 'allow') {
      if ((await allowAuthor(db, readerId, author)) === 'unknown')
        return { name: '', words: 'There is nothing to do: this author is not left out.', undo: [] };
      return {
        name: author,
        words: 'may be in your digests again.',
        undo: [{ name: 'refuse', value: author }],
      };
    }
    const outcome = await refuseAuthor(context, readerId, author);
    if (outcome !== 'refused') return refusalWords(outcome);
    return { name: author, words: 'is left out again.', undo: [{ name: 'allow', value: author }] };
  }

  function act(readerId: number, wanted: ProfileAct): Promise<Done | string> {
    return 'author' in wanted ? changeAuthor(readerId, wanted) : changeFeature(readerId, wanted);
  }

  return [
    {
      path: PATH,
      audience: 'token',
      async get(request) {
        const reader = await readPreferences(context, tokenOf(request));
        return reader ? show(tokenOf(request), reader, null) : unknownPreferences();
      },
      async post(request) {
        const token = tokenOf(request);
        const reader = await readPreferences(context, token);
        if (!reader) return unknownPreferences();
        const body: FormBody = request.body ?? {};
        const wanted = readProfileAct(body);
        const done = wanted
          ? await act(reader.id, wanted)
          : 'Nothing was chosen. Go back and press one of the buttons.';
        return typeof done === 'string'
          ? notDone(done, `/preferences/${token}/profile`)
          : show(token, reader, done);
      },
    },
  ];
}
