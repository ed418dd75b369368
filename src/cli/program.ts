import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../platform/index.ts';
import { addAssemble } from './assemble.ts';
import { type Cli, createCli, type Surroundings, UsageError } from './cli.ts';
import { addConfig } from './config.ts';
import { addDeliver } from './deliver.ts';
import { addDeliveries } from './deliveries.ts';
import { addDemo } from './demo.ts';
import { addEditions } from './editions.ts';
import { addEnvExample } from './env-example.ts';
import { addHealth } from './health.ts';
import { addIngest } from './ingest.ts';
import { addMigrate } from './migrate.ts';
import { addPreview } from './preview.ts';
import { addServices } from './services.ts';
import { addSubscribers } from './subscribers.ts';
import { addVerify } from './verify.ts';

/** All verbs, in the order in which `--help` lists them. */
const verbs: readonly ((program: Command, cli: Cli) => void)[] = [
  addServices,
  addMigrate,
  addIngest,
  addAssemble,
  addPreview,
  addDeliver,
  addVerify,
  addEditions,
  addDeliveries,
  addSubscribers,
  addConfig,
  addDemo,
  addHealth,
  addEnvExample,
];

const MANIFEST = new URL('../../package.json', import.meta.url);

function createProgram(cli: Cli): Command {
  const program = new Command('paperboy')
    .description("Collects the day's research papers and brings each reader a digest.")
    .version((JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version)
    .showSuggestionAfterError()
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.print(text.trimEnd()),
      writeErr: (text) => cli.remark(text.trimEnd()),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed or the answer is no, 2 wrong usage or settings.\nSettings come from the environment and .env; `paperboy config` lists them.',
    );
  for (const add of verbs) add(program, cli);
  return program;
}

/** The database or queue could not be reached, or not entered: SQLSTATE classes 08 (connection) and 28 (authorisation). */
function isConnectionFault(error: Error): boolean {
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^(ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_|08|28|3D000)/.test(code))
    return true;
  return error.cause instanceof Error && isConnectionFault(error.cause);
}

/** The words of an error and of what caused it, each once. */
function sentenceOf(error: Error): string {
  const words: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    // A connection that was refused on each of a name's addresses has no words of its own.
    const inner = cause instanceof AggregateError ? cause.errors.map((e: Error) => e.message).join('; ') : '';
    const text = cause.message || inner || cause.name;
    if (!words.some((word) => word.includes(text))) words.push(text);
  }
  if (isConnectionFault(error))
    words.push(
      'Check that DATABASE_URL, and REDIS_URL if it is set, name servers that are up and let this machine in.',
    );
  return words.join('\n  ');
}

/** Bugs of ours: what the person could not have caused, with the place for whoever mends it. */
const isBug = (error: Error) =>
  error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;

function report(cli: Cli, error: unknown): number {
  if (error instanceof CommanderError) {
    // Help that was asked for is an answer; help instead of a missing verb is not. Commander has printed either.
    return error.code === 'commander.helpDisplayed' || error.code === 'commander.version' ? 0 : 2;
  }
  if (!(error instanceof Error)) {
    cli.remark(String(error));
    return 1;
  }
  cli.remark(isBug(error) ? (error.stack ?? error.message) : sentenceOf(error));
  return error instanceof ConfigError || error instanceof UsageError ? 2 : 1;
}

/**
 * Runs one command. Never throws: every ending has its sentence.
 *
 * @param words - what was typed after the name of the program
 * @returns the exit code: 0 done, 1 failed or the answer is no, 2 wrong usage or settings
 */
export async function runCommandLine(words: readonly string[], surroundings: Surroundings): Promise<number> {
  let cli: Cli;
  try {
    cli = createCli(surroundings);
  } catch (error) {
    surroundings.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  try {
    await createProgram(cli).parseAsync([...words], { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return report(cli, error);
  }
}
