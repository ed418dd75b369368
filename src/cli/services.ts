import type { Command } from 'commander';
import type { App } from '../app.ts';
import { closeOnSignal, createLog, readConfig } from '../platform/index.ts';
import type { Cli } from './cli.ts';
import { nowOption } from './options.ts';
import { clockOf } from './with-app.ts';

type Run = (app: App) => Promise<{ close(): Promise<void> }>;

/** What runs until a signal ends it. Each is loaded only when it is what was asked for. */
const services: readonly {
  verb: 'all' | 'web' | 'clock' | 'sender';
  doc: string;
  load: () => Promise<Run>;
}[] = [
  {
    verb: 'all',
    doc: 'run everything in one process: web, clock and sender (what `npm start` does)',
    load: async () => (await import('../../workers/all.ts')).runAll,
  },
  {
    verb: 'web',
    doc: 'run the site alone, for more than one machine',
    load: async () => (await import('../../workers/web.ts')).runWeb,
  },
  {
    verb: 'clock',
    doc: 'run the clock alone: fetches papers, makes editions, plans; two of them do no harm',
    load: async () => (await import('../../workers/clock.ts')).runClock,
  },
  {
    verb: 'sender',
    doc: 'run a sender alone; as many as you like',
    load: async () => (await import('../../workers/sender.ts')).runSender,
  },
];

/** `all`, `web`, `clock`, `sender`: run until SIGINT or SIGTERM, then end cleanly with exit code 0. */
export function addServices(program: Command, cli: Cli): void {
  for (const { verb, doc, load } of services)
    program
      .command(verb)
      .description(doc)
      .addOption(nowOption())
      .action(async ({ now }: { now?: Date }) => {
        const config = readConfig(cli.input);
        const log = createLog(config.logLevel);
        const start = async () => {
          const [run, { createApp }] = await Promise.all([load(), import('../app.ts')]);
          const app = await createApp({ config, log, clock: clockOf(now) });
          try {
            const running = await run(app);
            return async () => {
              await running.close();
              await app.close();
            };
          } catch (error) {
            await app.close();
            throw error;
          }
        };
        const started = start();
        // Heard from the first moment on: one who presses Ctrl-C while it starts leaves no database behind.
        const ended = closeOnSignal(log, async () => (await started)());
        await started;
        await ended;
      });
}
