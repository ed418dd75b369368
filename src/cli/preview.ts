import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import type { Cadence, Edition } from '../editions/index.ts';
import type { Selection } from '../interests/index.ts';
import type { DigestOrder } from '../outbox/index.ts';
import type { Db } from '../platform/index.ts';
import { type Cli, Refusal } from './cli.ts';
import { cadenceOption, dateOption, nowOption } from './options.ts';
import { plain, table } from './table.ts';
import { rehearse, withApp } from './with-app.ts';

interface Options {
  cadence: Cadence;
  date: string;
  to?: string;
  format: 'html' | 'text' | 'eml';
  now?: Date;
}

/** Who the mail is for. */
type Reader = Pick<DigestOrder, 'subscriberId' | 'email' | 'maxPapers' | 'abstracts'> & {
  minMatches: number | null;
};

// Tokens of row 0 are well formed and open nothing: no table has such a row.
const NOBODY: Reader = { subscriberId: 0, email: 'reader@example.org', maxPapers: null, minMatches: null };

/** `preview`: the mail that a reader would get. Makes the edition for the moment of printing where it is not made. */
export function addPreview(program: Command, cli: Cli): void {
  program
    .command('preview')
    .description('print the mail that a reader would get; sends and changes nothing')
    .addOption(dateOption('the date of the edition').makeOptionMandatory())
    .addOption(cadenceOption())
    .option(
      '--to <email>',
      'this reader, whose links are then real (default: for nobody, with links that open nothing)',
    )
    .addOption(
      new Option('--format <format>', 'which part, or all of the message')
        .choices(['html', 'text', 'eml'])
        .default('text'),
    )
    .addOption(nowOption())
    .action((options: Options) =>
      withApp(cli, options, async (app) => {
        const reader = options.to === undefined ? NOBODY : await findReader(app, options.to);
        // An edition that is made for this alone is unmade after.
        const preview = await rehearse(app.db, true, async (db) => {
          const { assemble } = await import('../editions/index.ts');
          const made = await assemble({ ...app.assembling, db }, { ...options, force: true });
          if (!('editionId' in made)) throw new Refusal(`There is nothing to preview. ${made.reason}`);
          return compose(app, db, made.editionId, reader, options.format);
        });
        cli.print(preview.message.trimEnd());
        // Beside the mail, not in it: what goes into a file is the mail alone.
        if (preview.scores) cli.remark(preview.scores);
      }),
    );
}

async function findReader(app: App, email: string): Promise<Reader> {
  const { showSubscriber } = await import('../subscribers/index.ts');
  const found = await showSubscriber(app.db, email);
  if (!found)
    throw new Refusal(
      `${plain(email)} is not known here. Leave --to out to see the mail as anybody gets it.`,
    );
  const { maxPapers, abstracts, minMatches } = found.preferences;
  return { subscriberId: found.id, email: found.email, maxPapers, abstracts, minMatches };
}

/** What is chosen for a reader, as the sender would; nothing for nobody. */
async function choose(
  app: App,
  db: Db,
  edition: Edition,
  { subscriberId }: Reader,
): Promise<Selection | null> {
  if (subscriberId === 0) return null;
  const { matchEdition } = await import('../interests/index.ts');
  const { createChooser } = await import('../outbox/index.ts');
  const { listHad } = await import('../deliveries/index.ts');
  await matchEdition({ db, clock: app.clock }, edition.id);
  const chooser = createChooser();
  const had = await listHad(db, subscriberId, edition.id);
  const own = await chooser.chooseFor(db, edition.id, subscriberId, had);
  // No daily edition holds what an earlier one did.
  return own?.personal || edition.cadence === 'weekly'
    ? own
    : chooser.chooseFor(db, edition.id, subscriberId, []);
}

/** Why each card was chosen, in numbers; and whether the mail would be sent at all. */
function scoresOf(selection: Selection, minMatches: number | null): string {
  const isSkipped = minMatches !== null && selection.matched < minMatches;
  const scores = table(
    ['#', 'part', 'followed', 'near', 'trending', 'paper', 'reason'],
    selection.cards.map(({ part, score, paperId, reasons }, at) => [
      at + 1,
      part,
      Number(score.followed.toFixed(2)),
      Number(score.near.toFixed(2)),
      Number(score.trending.toFixed(2)),
      paperId,
      reasons.join(' · '),
    ]),
  );
  return isSkipped
    ? `${scores}\nIt would not be sent: only ${selection.matched} of at least ${minMatches} papers match.`
    : scores;
}

async function compose(
  app: App,
  db: Db,
  editionId: number,
  reader: Reader,
  format: Options['format'],
): Promise<{ message: string; scores?: string }> {
  const { createMailroom } = await import('../outbox/index.ts');
  const { loadEdition, printDigest } = await import('../editions/index.ts');
  const { links, site, config } = app;
  const { mailFrom, mailDomain } = config;
  const edition = await loadEdition(db, editionId);
  if (!edition) throw new Refusal('The edition went away while its mail was composed.');
  const selection = await choose(app, db, edition, reader);
  const mailroom = createMailroom({ site, links, from: mailFrom, mailDomain });
  const order = {
    ...reader,
    deliveryId: 0,
    messageId: `preview@${mailDomain}`,
    ...(selection && { selection }),
  };
  const composed = await mailroom.composeDigest(db, editionId, order, app.clock.now());
  if (!composed) throw new Refusal('The edition went away while its mail was composed.');
  const slots = {
    unsubscribe_url: links.url('unsubscribe', reader.subscriberId),
    preferences_url: links.url('preferences', reader.subscriberId),
    read_url: links.url('read', 0),
    vote_url: links.url('vote', reader.subscriberId),
    email: reader.email,
  };
  return {
    message:
      format === 'eml' ? composed.bytes.toString('latin1') : printDigest(edition, composed, slots, format),
    ...(selection?.personal && { scores: scoresOf(selection, reader.minMatches) }),
  };
}
