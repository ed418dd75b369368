// Paperboy's own processes, as a service manager runs them: who ends without being told to is started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export type Verb = 'clock' | 'sender' | 'web';

export interface Crew {
  /** Processes that ended with an error although nobody killed them, such as one that was started while Postgres was away. */
  readonly failures: number;
  /** As many of each as are wanted. */
  start(wanted: Readonly<Record<Verb, number>>): void;
  /** Kills one of them (SIGKILL) and starts another. */
  replace(verb: Verb): Promise<void>;
  /** Tells all to end, and kills those that have not within their ten seconds. */
  stop(): Promise<void>;
  /** Kills all, for good. */
  end(): Promise<void>;
}

export interface CrewOptions {
  /** Of a process that is about to start. */
  environment(): Record<string, string>;
  /** What time it is for them; a process that starts later starts later. */
  now(): Date;
  random(): number;
}

const paperboy = fileURLToPath(new URL('../../src/cli/paperboy.js', import.meta.url));

/** Service managers wait a moment before they start again what has just failed. */
const AGAIN_MS = 300;

/** Longer than the ten seconds in which a process ends by itself. */
const STOP_MS = 12_000;

export function createCrew({ environment, now, random }: CrewOptions): Crew {
  const members = new Map<ChildProcess, Verb>();
  let failures = 0;

  function startOne(verb: Verb): void {
    const child = spawn(process.execPath, [paperboy, verb, '--now', now().toISOString()], {
      env: { PATH: process.env.PATH, ...environment() },
      stdio: 'ignore',
      // In groups of their own: a Ctrl-C is for the chaos, which then ends them.
      detached: true,
    });
    members.set(child, verb);
    child.once('exit', () => {
      if (!members.delete(child)) return;
      failures += 1;
      setTimeout(() => {
        if (running) startOne(verb);
      }, AGAIN_MS);
    });
  }

  let running = false;
  async function dismiss(children: readonly ChildProcess[], signal: NodeJS.Signals): Promise<void> {
    await Promise.all(
      children.map(async (child) => {
        members.delete(child);
        const ended = child.exitCode ?? child.signalCode ?? once(child, 'exit');
        child.kill(signal);
        const patience = AbortSignal.timeout(STOP_MS);
        patience.onabort = () => child.kill('SIGKILL');
        await ended;
        patience.onabort = null;
      }),
    );
  }

  return {
    get failures() {
      return failures;
    },
    start(wanted) {
      running = true;
      for (const verb of ['clock', 'sender', 'web'] as const)
        for (let n = 0; n < wanted[verb]; n += 1) startOne(verb);
    },
    async replace(verb) {
      const found = [...members].filter(([, its]) => its === verb);
      const [victim] = found[Math.floor(random() * found.length)] ?? [];
      if (!victim) return;
      await dismiss([victim], 'SIGKILL');
      startOne(verb);
    },
    async stop() {
      running = false;
      await dismiss([...members.keys()], 'SIGTERM');
      // One that failed just now is not started again.
      await sleep(0);
    },
    async end() {
      running = false;
      await dismiss([...members.keys()], 'SIGKILL');
    },
  };
}
