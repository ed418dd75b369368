import { type Command, Option } from 'commander';
import type { Controlled, EditionName, EditionProof } from '../deliveries/index.ts';
import { type Cli, Refusal } from './cli.ts';
import { editionArgument, findNamed } from './edition-name.ts';
import { dryRunOption, jsonOption, parseWholeNumber } from './options.ts';
import { table } from './table.ts';
import { DRY_RUN, rehearse, withApp } from './with-app.ts';

/** Who the audit names. */
export const ACTOR = 'command line';

interface ActOptions {
  yes?: true;
  dryRun?: true;
  json?: true;
}

const VERBS = {
  pause: {
    doc: 'stop sending an edition; what is on the wire arrives',
    done: (rows: number) =>
      `paused. ${rows} queued deliveries wait again; take it up with \`editions resume\`.`,
  },
  resume: {
    doc: 'go on sending a paused edition where it was',
    done: () => 'goes on. What is due goes out within a minute.',
  },
  cancel: {
    doc: 'withdraw an edition: what was not sent never is (cannot be undone; asks for --yes)',
    done: (rows: number) => `withdrawn. ${rows} deliveries were cancelled; what was sent stays sent.`,
  },
} as const;

type Verb = keyof typeof VERBS;

/** `editions`: what is being sent now, and stopping it. */
export function addEditions(program: Command, cli: Cli): void {
  const editions = program
    .command('editions')
    .description('see what is sent now; pause, resume or cancel it')
    .helpCommand(false);
  editions
    .command('list')
    .description('the last editions, newest first, with their counts as they are now')
    .addOption(
      new Option('--limit <editions>', 'editions at most').argParser(parseWholeNumber(1, 10_000)).default(20),
    )
    .addOption(jsonOption())
    .action(({ limit, json }: { limit: number; json?: true }) => list(cli, limit, json === true));
  for (const verb of Object.keys(VERBS) as Verb[]) {
    const command = editions
      .command(verb)
      .description(VERBS[verb].doc)
      .addArgument(editionArgument('<edition>'))
      .addOption(dryRunOption())
      .addOption(jsonOption())
      .action((name: EditionName, options: ActOptions) => act(cli, verb, name, options));
    if (verb === 'cancel') command.option('--yes', 'yes, for good');
  }
}

function list(cli: Cli, limit: number, json: boolean): Promise<void> {
  return withApp(cli, {}, async ({ db }) => {
    const { verify } = await import('../deliveries/index.ts');
    const proofs = await verify(db, { latest: limit });
    if (json) return cli.print(JSON.stringify(proofs, null, 2));
    const rest = (p: EditionProof) => p.skipped + p.expired + p.cancelled;
    cli.print(
      table(
        ['EDITION', 'NAME', 'STATE', 'PLANNED', 'WAITING', 'SENT', 'FAILED', 'UNCERTAIN', 'NOT SENT'],
        proofs.map((p) => [
          p.editionId,
          `${p.cadence}/${p.issueDate}`,
          p.state,
          p.planned,
          p.waiting,
          p.sent,
          p.failed,
          p.uncertain,
          rest(p),
        ]),
      ),
    );
  });
}

function act(cli: Cli, verb: Verb, name: EditionName, { yes, json, ...options }: ActOptions): Promise<void> {
  const dryRun = options.dryRun === true;
  return withApp(cli, {}, async (app) => {
    const rooms = await import('../deliveries/index.ts');
    const story = {
      pause: rooms.pauseEdition,
      resume: rooms.resumeEdition,
      cancel: rooms.cancelEdition,
    }[verb];
    const { editionId, cadence, issueDate, waiting } = await findNamed(app.db, name);
    const words = `${cadence}/${issueDate}`;
    if (verb === 'cancel' && !yes && !dryRun)
      throw new Refusal(
        `This cancels the ${waiting} deliveries of ${words} that wait, for good. If that is what you want, add --yes.`,
      );
    const { outcome, rows } = await rehearse(app.db, dryRun, (db) =>
      story({ db, clock: app.clock }, editionId, ACTOR),
    );
    if (outcome === 'withdrawn') cli.exitCode = 1;
    if (outcome === 'done' && verb === 'resume' && !dryRun) app.knock();
    if (json) return cli.print(JSON.stringify({ dryRun, edition: editionId, outcome, rows }));
    cli.print(`${dryRun ? `${DRY_RUN}\n` : ''}${words} ${sayOutcome(verb, outcome, rows)}`);
  });
}

function sayOutcome(verb: Verb, outcome: Controlled['outcome'], rows: number): string {
  if (outcome === 'done') return VERBS[verb].done(rows);
  if (outcome === 'withdrawn') return 'was withdrawn, and what was cancelled stays so.';
  return verb === 'resume'
    ? 'is not paused.'
    : verb === 'pause'
      ? 'is paused already.'
      : 'is withdrawn already.';
}
