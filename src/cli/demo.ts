import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { Assembled } from '../editions/index.ts';
import type { Db } from '../platform/index.ts';
import type { NewSubscriber, Preferences } from '../subscribers/index.ts';
import { type Cli, Refusal } from './cli.ts';
import { dryRunOption, nowOption } from './options.ts';
import { sendDue } from './send-due.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

// On a domain that nobody can own (RFC 2606). Some want less, or follow something, so that all kinds of digest are seen.
const READERS: readonly ({ email: string } & Partial<Preferences>)[] = [
  {
    email: 'ada@paperboy.example',
    timezone: 'Europe/London',
    topics: ['reinforcement-learning'],
    searches: ['"language models"'],
  },
  { email: 'alan@paperboy.example', timezone: 'Europe/London' },
  { email: 'emmy@paperboy.example', maxPapers: 5, timezone: 'Europe/Berlin' },
  { email: 'grace@paperboy.example', timezone: 'America/New_York', topics: ['vision'] },
  { email: 'srinivasa@paperboy.example', maxPapers: 3, timezone: 'Asia/Kolkata' },
];

/** `demo`: a whole day in a minute, with papers and readers that are marked as samples and mixed with no real ones. */
export function addDemo(program: Command, cli: Cli): void {
  program
    .command('demo')
    .description('sample papers and a handful of sample readers, one edition delivered to the local inbox')
    .addOption(nowOption())
    .addOption(dryRunOption())
    .action(({ dryRun, ...options }: { now?: Date; dryRun?: true }) =>
      withApp(cli, options, async (app) => {
        if (app.config.smtpServers.length > 0)
          throw new Refusal(
            'The demo sends to the local inbox alone, and SMTP_URL names a real server. Unset SMTP_URL to try it.',
          );
        const made = await rehearse(app.db, dryRun === true, (db) => prepare(app, db));
        if (dryRun) cli.print(DRY_RUN);
        cli.print(
          'cards' in made
            ? `${made.cards + made.more} sample papers in a sample edition for ${READERS.length} sample readers.`
            : "Today's sample edition is made already; it goes to those sample readers who have not got it.",
        );
        if (dryRun) return;
        const { sent = 0 } = await sendDue(app);
        cli.print(`${sent} mails went to the local inbox: http://localhost:${app.config.inboxPort}`);
      }),
    );
}

async function prepare(app: App, db: Db): Promise<Extract<Assembled, { editionId: number }>> {
  const { dayOf, ensureSamples } = await import('../papers/index.ts');
  const { addSubscriber, defaultPreferences } = await import('../subscribers/index.ts');
  const { assemble } = await import('../editions/index.ts');
  await ensureSamples({ ...app, db });
  for (const { email, ...wishes } of READERS) {
    const reader: NewSubscriber = {
      email,
      sample: true,
      wording: 'A sample reader, made by `paperboy demo`.',
      preferences: { ...defaultPreferences, ...wishes },
    };
    await addSubscriber({ ...app, db }, reader);
  }
  const date = dayOf(app.clock.now());
  const made = await assemble({ ...app.assembling, db }, { cadence: 'sample', date, force: true });
  if (!('editionId' in made)) throw new Refusal(`The sample edition could not be made. ${made.reason}`);
  return made;
}
