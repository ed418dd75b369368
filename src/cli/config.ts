import type { Command } from 'commander';
import { ConfigError, configReport, readConfig } from '../platform/index.ts';
import type { Cli } from './cli.ts';
import { jsonOption } from './options.ts';
import { table } from './table.ts';

/** `config`: works with faulty settings too, since it is how one finds them. */
export function addConfig(program: Command, cli: Cli): void {
  program
    .command('config')
    .description('every setting, its value and where it came from; secrets hidden')
    .addOption(jsonOption())
    .action(({ json }: { json?: true }) => {
      const lines = configReport(cli.input);
      let faults: readonly string[] = [];
      try {
        readConfig(cli.input);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        faults = error.faults;
      }
      if (json) cli.print(JSON.stringify({ settings: lines, faults }, null, 2));
      else
        cli.print(
          table(
            ['SETTING', 'VALUE', 'FROM'],
            lines.map((line) => [line.name, line.value, line.from]),
          ),
        );
      if (faults.length > 0) {
        if (!json) cli.remark(`\n${new ConfigError(faults).message}`);
        cli.exitCode = 2;
      }
    });
}
