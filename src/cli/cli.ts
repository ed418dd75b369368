import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { parseEnv } from 'node:util';
import type { ConfigInput, SettingTexts } from '../platform/index.ts';

/** What each verb is given: where it reads settings from and where it writes. */
export interface Cli {
  /** The environment, and the `.env` of the folder that the command was typed in. */
  input: ConfigInput;
  /** The verb's own answer: one or more lines to standard output. */
  print(text: string): void;
  /** Remarks for the person, beside the answer: to standard error. */
  remark(text: string): void;
  /** True once nobody reads standard output any more (`| head`): long listings stop. */
  readonly closed: boolean;
  /** 0: done; 1: failed, or the answer is no; 2: wrong usage or settings. */
  exitCode: number;
}

/** An expected ending that is not a success: a sentence for the person, exit code 1. */
export class Refusal extends Error {}

/** The command was not written as it must be: a sentence for the person, exit code 2. */
export class UsageError extends Error {}

/** Where a command is run: a terminal's, or a test's. */
export interface Surroundings {
  /** Wins over `.env`. */
  environment: SettingTexts;
  /** The folder whose `.env` is read. */
  folder: string;
  stdout: Writable;
  stderr: Writable;
}

/** The settings of a file; undefined where there is none. */
function readEnvFile(path: string): SettingTexts | undefined {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : undefined;
}

/** @throws the system's error on a `.env` that is there and cannot be read */
export function createCli({ environment, folder, stdout, stderr }: Surroundings): Cli {
  let closed = false;
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader went away, as `head` does: no fault of ours, and nothing more to say to it.
      if (error.code !== 'EPIPE') throw error;
      closed = true;
    });
  const file = readEnvFile(join(folder, '.env'));
  return {
    input: { environment, ...(file && { file }) },
    print(text) {
      if (!closed) stdout.write(`${text}\n`);
    },
    remark(text) {
      stderr.write(`${text}\n`);
    },
    get closed() {
      return closed;
    },
    exitCode: 0,
  };
}
