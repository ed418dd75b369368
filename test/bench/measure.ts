// What the benchmarks measure with: the sink's own process, and the CPU of each part.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SinkCount } from './sink.ts';

/** An SMTP server in a process of its own; see sink.ts. */
export interface Sink {
  port: number;
  count(): Promise<SinkCount>;
  close(): void;
}

export async function startSink(): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./sink.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    async count() {
      child.send('count');
      const [answer] = (await once(child, 'message')) as [SinkCount];
      return answer;
    },
    close: () => child.disconnect(),
  };
}

/** One line of the table. */
export interface Row {
  what: string;
  mails: number;
  seconds: number;
  /** Seconds of CPU: of the process that sends, of the sink, and of Postgres where /proc tells. */
  cpu: { sender: number; sink: number; postgres: number | undefined };
}

const TICKS_A_SECOND = 100;

/** CPU seconds of the embedded server so far, its ended sessions included; undefined without /proc. */
export function postgresCpuSeconds(dataDir: string): number | undefined {
  try {
    const [master] = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
    let ticks = 0;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      // After the name in brackets: state, parent, …; from the twelfth on user, system and ended children's (proc(5)).
      const text = readStat(pid);
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      if (pid !== master && fields[1] !== master) continue;
      for (const field of fields.slice(11, 15)) ticks += Number(field);
    }
    return ticks / TICKS_A_SECOND;
  } catch {
    return undefined;
  }
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It ended meanwhile.
    return ') gone 0';
  }
}

/** Runs the work and holds what it sent against what the sink took. @throws Error when they differ */
export async function timed(
  { sink, dataDir }: { sink: Sink; dataDir: string },
  what: string,
  mails: number,
  work: () => Promise<void>,
): Promise<Row> {
  const before = await sink.count();
  const postgresBefore = postgresCpuSeconds(dataDir);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const after = await sink.count();
  const postgresAfter = postgresCpuSeconds(dataDir);
  if (after.messages - before.messages !== mails)
    throw new Error(`${what}: the sink took ${after.messages - before.messages} mails, not ${mails}.`);
  return {
    what,
    mails,
    seconds,
    cpu: {
      sender: (user + system) / 1e6,
      sink: (after.cpuMs - before.cpuMs) / 1000,
      postgres:
        postgresAfter === undefined || postgresBefore === undefined
          ? undefined
          : postgresAfter - postgresBefore,
    },
  };
}

export const rateOf = (row: Row) => row.mails / row.seconds;

/** The rows as a table: mails a second, and CPU seconds per 1,000 mails of each part. */
export function printRows(rows: readonly Row[]): void {
  const each = (row: Row, seconds: number | undefined) =>
    seconds === undefined ? '?' : ((seconds / row.mails) * 1000).toFixed(2);
  console.table(
    Object.fromEntries(
      rows.map((row) => [
        row.what,
        {
          mails: row.mails,
          'mails/s': Math.round(rateOf(row)),
          'CPU s/1,000: sender': each(row, row.cpu.sender),
          sink: each(row, row.cpu.sink),
          postgres: each(row, row.cpu.postgres),
        },
      ]),
    ),
  );
}
