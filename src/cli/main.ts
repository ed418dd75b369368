import { runCommandLine } from './program.ts';

// The one place outside the platform that reads the environment: what the person who typed the command has set.
process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  folder: '.',
  stdout: process.stdout,
  stderr: process.stderr,
});
