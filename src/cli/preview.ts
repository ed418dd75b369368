import { type Command, Option } from 'commander';
import type { App } from '../app.ts';
import type { Cadence } from '../editions/index.ts';
import type { Db } from '../platform/index.ts';
import { type Cli, Refusal } from './cli.ts';
import { cadenceOption, dateOption, nowOption } from './options.ts';
import { plain } from './table.ts';
import { rehearse, withApp } from './with-app.ts';

interface Options {
  cadence: Cadence;
  date: string;
  to?: string;
  format: 'html' | 'text' | 'eml';
  now?: Date;
}

/** Who the mail is for. */
interface Reader {
  subscriberId: number;
  email: string;
  maxPapers: number | null;
}

// Tokens of row 0 are well formed and open nothing: no table has such a row.
const NOBODY: Reader = { subscriberId: 0, email: 'reader@example.org', maxPapers: null };

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
        const message = await rehearse(app.db, true, async (db) => {
          const { assemble } = await import('../editions/index.ts');
          const made = await assemble({ ...app.assembling, db }, { ...options, force: true });
          if (!('editionId' in made)) throw new Refusal(`There is nothing to preview. ${made.reason}`);
          return compose(app, db, made.editionId, reader, options.format);
        });
        cli.print(message.trimEnd());
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
  return { subscriberId: found.id, email: found.email, maxPapers: found.preferences.maxPapers };
}

async function compose(
  app: App,
  db: Db,
  editionId: number,
  reader: Reader,
  format: Options['format'],
): Promise<string> {
  if (format === 'eml') {
    const { createMailroom } = await import('../outbox/index.ts');
    const { mailFrom, mailDomain } = app.config;
    const mailroom = createMailroom({ site: app.site, links: app.links, from: mailFrom, mailDomain });
    const order = { ...reader, deliveryId: 0, messageId: `preview@${mailDomain}` };
    const composed = await mailroom.composeDigest(db, editionId, order, app.clock.now());
    if (!composed) throw new Refusal('The edition went away while its mail was composed.');
    return composed.bytes.toString('latin1');
  }
  const { fillPiece, loadEdition } = await import('../editions/index.ts');
  const { select } = await import('../deliveries/index.ts');
  const edition = await loadEdition(db, editionId);
  if (!edition) throw new Refusal('The edition went away while its mail was composed.');
  const cards = select(edition.cards, reader.maxPapers);
  const moreCount = edition.moreCount + edition.cards.length - cards.length;
  const values = {
    unsubscribe_url: app.links.url('unsubscribe', reader.subscriberId),
    preferences_url: app.links.url('preferences', reader.subscriberId),
    read_url: app.links.url('read', 0),
    more_count: moreCount,
    email: reader.email,
  };
  return [edition.head, ...cards, ...(moreCount > 0 ? [edition.more] : []), edition.foot]
    .map((pieces) => fillPiece(pieces[format], values))
    .join('');
}
