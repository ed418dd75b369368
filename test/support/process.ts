import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Paperboy as a process of its own, as an operator runs it. */
export interface RunningProcess {
  pid: number;
  /** Everything it wrote, to either stream. */
  said(): string;
  /** Resolves when it has written this; fails when it ends before, or after `timeoutMs` (default: 15,000), with what it wrote. */
  says(text: string, timeoutMs?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it ended, to its code and the milliseconds since the last signal. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; ms: number }>;
  /** Ends it whatever it does. Safe at any time. */
  kill(): Promise<void>;
}

export interface ProcessOptions {
  /** Its whole environment, apart from PATH and HOME. */
  environment: Record<string, string>;
  /** In a process group of its own, as under a service manager. */
  group?: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program with arguments in the project's folder. */
export function runProcess(command: string, args: string[], options: ProcessOptions): RunningProcess {
  const child = spawn(command, args, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.group ?? false,
  });
  let text = '';
  let signalledAt = performance.now();
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      text += data.toString();
      for (const look of watchers) look();
    });
  const ended = (once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]) => ({ code, signal, ms: performance.now() - signalledAt }),
  );
  return {
    pid: child.pid ?? 0,
    said: () => text,
    says(wanted, timeoutMs = 15_000) {
      return new Promise((done, failed) => {
        const finish = (fault?: string) => {
          clearTimeout(timer);
          watchers.delete(look);
          if (fault) failed(new Error(`${fault} It wrote:\n${text}`));
          else done();
        };
        const look = () => {
          if (text.includes(wanted)) finish();
        };
        const timer = setTimeout(
          () => finish(`It did not say "${wanted}" within ${timeoutMs} ms.`),
          timeoutMs,
        );
        watchers.add(look);
        ended.then(({ code }) => finish(`It ended with ${code} before it said "${wanted}".`));
        look();
      });
    },
    signal(name) {
      signalledAt = performance.now();
      child.kill(name);
    },
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** `paperboy VERB …`. */
export const runPaperboy = (words: string, options: ProcessOptions): RunningProcess =>
  runProcess(process.execPath, ['src/cli/paperboy.js', ...words.split(' ')], options);
