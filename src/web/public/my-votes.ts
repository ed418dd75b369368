import { listVotes, readVote, recordVote, undoVote } from '../../interests/index.ts';
import type { Proven } from '../../subscribers/index.ts';
import type { Answer } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { page } from '../page.ts';
import { momentInWords } from '../rules/calendar.ts';
import { paperHref } from '../rules/card.ts';
import { type FormBody, textField } from '../rules/forms.ts';
import { readPaperId } from '../rules/vote-act.ts';
import { notDone } from './not-done.ts';

/** A word on a vote that was changed, and what it was before; null: there was none. */
interface VoteUndone {
  words: string;
  id: string;
  before: 'more' | 'less' | null;
}

/** Learning reads the newest 300. */
const VOTES_SHOWN = 300;
const VOTE_WORDS = {
  more: 'Noted: more like this.',
  less: 'Noted: less like this.',
  none: 'Your vote is taken back.',
} as const;

const isVoteAct = (text: string): text is keyof typeof VOTE_WORDS => Object.hasOwn(VOTE_WORDS, text);

/** The papers that a reader voted on, for who holds the mailbox: a list of what somebody reads is a history. */
export function createVotesPage(context: WebContext) {
  const { db } = context;

  async function view(token: string, { reader }: Proven, done: VoteUndone | null): Promise<Answer> {
    const found = await listVotes(db, reader.id, VOTES_SHOWN);
    return page(
      'proof-votes',
      { title: 'The papers you voted on', path: '/proof/:token/votes', banner: false },
      {
        here: `/proof/${token}`,
        done,
        votes: found.map(({ paperId, title, vote, at }) => ({
          id: paperId,
          title,
          href: paperHref(paperId),
          vote,
          on: momentInWords(at, reader.preferences.timezone),
        })),
        most: VOTES_SHOWN,
      },
    );
  }

  /** Records a vote or takes it back; the answer offers the vote that was before, or says why nothing was done. */
  async function change(body: FormBody, { reader }: Proven): Promise<VoteUndone | string> {
    const paperId = readPaperId(body);
    const to = textField(body, 'vote');
    if (paperId === null || !isVoteAct(to))
      return 'Nothing was chosen. Go back and press one of the buttons.';
    const before = await readVote(db, reader.id, paperId);
    if (to === 'none') await undoVote(db, reader.id, paperId);
    else if ((await recordVote(context, { subscriberId: reader.id, paperId, vote: to })) === 'unknown')
      return 'This paper is not known here.';
    return { words: VOTE_WORDS[to], id: paperId, before: before === to ? null : before };
  }

  return {
    show: (token: string, who: Proven) => view(token, who, null),
    async act(token: string, who: Proven, body: FormBody): Promise<Answer> {
      const done = await change(body, who);
      return typeof done === 'string' ? notDone(done, `/proof/${token}/votes`) : view(token, who, done);
    },
  };
}
