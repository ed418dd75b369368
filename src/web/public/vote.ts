import {
  allowAuthor,
  listUnwantedAuthors,
  readVote,
  recordVote,
  refuseAuthor,
  undoVote,
} from '../../interests/index.ts';
import { bylineOf, findPaper, type Paper } from '../../papers/index.ts';
import { readPreferences, type Subscriber } from '../../subscribers/index.ts';
import type { Answer, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { notFound } from '../errors.ts';
import { page } from '../page.ts';
import { tokenOf } from '../requester.ts';
import { paperHref } from '../rules/card.ts';
import type { FormBody } from '../rules/forms.ts';
import { readPaperId, readSide, readVoteAct, type Side, type VoteAct } from '../rules/vote-act.ts';
import { refusalWords, type VoteDone, viewVoteAuthors, voteWords } from '../rules/vote-view.ts';
import { notDone } from './not-done.ts';

const PATH = '/vote/:token';

interface Asked {
  token: string;
  reader: Subscriber;
  paper: Paper;
}

/**
 * "More like this", "less like this", "not this author": the links of each card of a digest. GET shows buttons and changes
 * nothing, for mail scanners follow links; POST acts, says what it did and offers to undo it.
 */
export function voteRoutes(context: WebContext): Route[] {
  const { db, links } = context;

  /** Whose link it is and which paper it names, or the page that says what is not known. */
  async function find(token: string, paperId: string | null): Promise<Asked | Answer> {
    const id = links.read('vote', token);
    const reader = id === null ? null : await readPreferences(context, links.token('preferences', id));
    if (!reader)
      return notFound('This link is not known here. Links to vote are below each paper of a digest.');
    const paper = paperId === null ? null : await findPaper(db, paperId);
    if (!paper) return notFound('This link names no paper that is known here.');
    return { token, reader, paper };
  }

  async function show(
    { token, reader, paper }: Asked,
    asked: Side | null,
    done: VoteDone | null,
  ): Promise<Answer> {
    const unwanted = await listUnwantedAuthors(db, reader.id);
    const preferencesHref = `/preferences/${links.token('preferences', reader.id)}`;
    return page(
      'vote',
      { title: voteWords(asked).heading, path: PATH, banner: false },
      {
        heading: voteWords(asked).heading,
        voteHref: `/vote/${token}`,
        paper: { id: paper.id, title: paper.title, href: paperHref(paper.id), byline: bylineOf(paper) },
        active: reader.state === 'active',
        asked: asked ?? 'more',
        // Of votes, only what was just said: a mail may be forwarded, and an earlier vote is a history.
        said: done && asked,
        done,
        ...viewVoteAuthors(paper.authors, unwanted),
        preferencesHref,
      },
    );
  }

  /** What a press did, or in a sentence why it could not be done. */
  async function act({ reader, paper }: Asked, wanted: VoteAct): Promise<VoteDone | string> {
    if (wanted.kind === 'vote') {
      const before = await readVote(db, reader.id, paper.id);
      const vote = { subscriberId: reader.id, paperId: paper.id };
      if (wanted.to === 'none') await undoVote(db, reader.id, paper.id);
      else await recordVote(context, { ...vote, vote: wanted.to });
      const { done } = voteWords(wanted.to);
      if (wanted.undo) return { words: done, author: null, undo: null };
      // Pressed twice: there is nothing before it to go back to.
      return {
        words: done,
        author: null,
        undo: { name: 'undo', value: before === wanted.to ? 'none' : (before ?? 'none') },
      };
    }
    const { author } = wanted;
    if (!paper.authors.includes(author)) return 'This is none of the authors of the paper.';
    if (wanted.kind === 'allow') {
      await allowAuthor(db, reader.id, author);
      return { words: 'may be in your digests again.', author, undo: { name: 'author', value: author } };
    }
    const outcome = await refuseAuthor(context, reader.id, author);
    if (outcome !== 'refused') return refusalWords(outcome);
    const words = 'will not be in your digests, unless you follow them by name.';
    return { words, author, undo: { name: 'allow', value: author } };
  }

  const refuse = ({ token, paper }: Asked, why: string) =>
    notDone(why, `/vote/${token}?paper=${encodeURIComponent(paper.id)}`);

  return [
    {
      path: PATH,
      audience: 'token',
      async get(request) {
        const query: FormBody = request.query as FormBody;
        const found = await find(tokenOf(request), readPaperId(query));
        if ('kind' in found) return found;
        const asked = readSide(query);
        return asked !== null && typeof asked === 'object'
          ? refuse(found, asked.fault)
          : show(found, asked, null);
      },
      async post(request) {
        const query: FormBody = request.query as FormBody;
        const body: FormBody = request.body ?? {};
        const named = body.paper === undefined ? query : body;
        const found = await find(tokenOf(request), readPaperId(named));
        if ('kind' in found) return found;
        const wanted = readVoteAct(body, query);
        if ('fault' in wanted) return refuse(found, wanted.fault);
        const done = await act(found, wanted);
        if (typeof done === 'string') return refuse(found, done);
        const asked = wanted.kind === 'vote' && wanted.to !== 'none' ? wanted.to : null;
        return show(found, asked, done);
      },
    },
  ];
}
