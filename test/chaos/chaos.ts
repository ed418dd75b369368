// `npm run chaos`: readers get an edition while senders, clocks, the site, Postgres, Redis and the mail servers are killed
// (SIGKILL), the queue is flushed, and the mail servers refuse, hang and drop; then what arrived is held against who should
// have got it. The processes are the real ones, over a real Postgres and real sockets. `-- --help` lists the flags.

import { parseArgs } from 'node:util';
import { findRedis } from '../support/machine.ts';
import { runChaos } from './run.ts';

const HELP = `npm run chaos -- [flags]

  --readers 2000     who get the edition
  --kills 20         SIGKILLs in all; it ends sooner when nobody waits any more
  --senders 2        sender processes
  --clocks 2         clock processes
  --sinks 2          mail servers
  --pool 10          connections of a sender to each mail server at most; each sender that starts has another number
  --queue postgres   or redis: a Redis of its own, with a file that outlives it (needs redis-server on the PATH)
  --uncertain hold   or resend
  --every 1.5        seconds between two kills, in the mean
  --refuse 0.02      chance of 451 at RCPT, for each mail
  --late 0.005       chance of 451 after DATA
  --drop 0.002       chance of a connection that dies after DATA
  --hang 0.0005      chance of a mail server that says no more, at RCPT or after DATA
  --patient          wait for claims and retries in real time (minutes), instead of starting the processes at a later hour
  --seed N           repeats the choices of a run; the machine's timing stays its own

Exit code 1: with hold, when mail was lost or doubled, or more is uncertain than the kills explain; with resend, when
mail was lost, is uncertain, or was doubled under another Message-ID or with another text; with both, when the ledger does not add up.`;

const { values: flags } = parseArgs({
  options: {
    readers: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '20' },
    senders: { type: 'string', default: '2' },
    clocks: { type: 'string', default: '2' },
    sinks: { type: 'string', default: '2' },
    pool: { type: 'string', default: '10' },
    queue: { type: 'string', default: 'postgres' },
    uncertain: { type: 'string', default: 'hold' },
    every: { type: 'string', default: '1.5' },
    refuse: { type: 'string', default: '0.02' },
    late: { type: 'string', default: '0.005' },
    drop: { type: 'string', default: '0.002' },
    hang: { type: 'string', default: '0.0005' },
    patient: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}

const oneOf = <Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice => {
  const found = choices.find((choice) => choice === value);
  if (found) return found;
  console.error(`--${name} must be one of ${choices.join(', ')}.`);
  process.exit(2);
};

/** A number that the flag may have; 2 is the exit code of a wrong one, as in Paperboy's own commands. */
const numberOf = (name: keyof typeof flags, least: number): number => {
  const value = Number(flags[name]);
  if (Number.isFinite(value) && value >= least) return value;
  console.error(`--${name} must be a number, at least ${least}.`);
  process.exit(2);
};

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

const queue = oneOf('queue', flags.queue, ['postgres', 'redis']);
// Said first: a run that is broken off can be repeated too.
console.log(`Seed ${flags.seed}.`);
const found = findRedis();
const redisBinary = found?.includes('://') ? undefined : found;
try {
  const report = await runChaos({
    readers: numberOf('readers', 1),
    kills: numberOf('kills', 0),
    blows: [
      ...(['sender', 'sender', 'sender', 'clock', 'web', 'sink', 'postgres', 'flush', 'pause'] as const),
      ...(queue === 'redis' ? (['redis'] as const) : []),
    ],
    senders: numberOf('senders', 1),
    clocks: numberOf('clocks', 1),
    sinks: numberOf('sinks', 1),
    pool: numberOf('pool', 1),
    queue,
    ...(redisBinary && { redisBinary }),
    uncertain: oneOf('uncertain', flags.uncertain, ['hold', 'resend']),
    moods: {
      refuse: numberOf('refuse', 0),
      refuseLate: numberOf('late', 0),
      drop: numberOf('drop', 0),
      hang: numberOf('hang', 0),
    },
    seed: numberOf('seed', 0),
    everyMs: numberOf('every', 0.1) * 1_000,
    patient: flags.patient,
    stop: interrupted.signal,
    say: console.log,
  });
  const { proof, blows, faults, passed, unlike, changed, ...figures } = report;
  const { expected, received, lost, doubled, uncertain, uncertainMax, astray, kills, failures, seconds } =
    figures;
  console.table([blows]);
  console.table([
    {
      expected,
      received,
      lost,
      doubled,
      ...(flags.uncertain === 'resend' && {
        'doubled, other Message-ID': unlike,
        'doubled, other text': changed,
      }),
      uncertain,
      'at most': uncertainMax,
      astray,
      kills,
      'ended by themselves': failures,
      seconds,
    },
  ]);
  console.table([proof]);
  for (const fault of faults) console.error(fault);
  console.log(`${passed ? 'Passed' : 'FAILED'}. --seed ${flags.seed} repeats the choices.`);
  process.exitCode = passed ? 0 : 1;
} catch (error) {
  console.error(interrupted.signal.aborted ? 'Broken off.' : error);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}
// What is left open is of processes that were killed.
process.exit();
