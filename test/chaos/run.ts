// Readers get an edition while everything that can be killed is killed, and then what arrived is counted.

import { rm } from 'node:fs/promises';
import { type EditionProof, verify } from '../../src/deliveries/index.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { drain } from './drain.ts';
import { judge, type Verdict } from './judge.ts';
import {
  type Blow,
  type ChaosOptions,
  type Closers,
  insist,
  nameOf,
  type Stage,
  setStage,
  waitingIn,
} from './stage.ts';
import { torment } from './torment.ts';

export interface ChaosReport extends Verdict {
  proof: EditionProof;
  /** How often each was killed, the queue flushed, and the edition paused and resumed. */
  blows: Partial<Record<Blow, number>>;
  kills: number;
  /** The most that may be uncertain: the connections that each kill of a sender or sink could cut, and what servers left unsaid. */
  uncertainMax: number;
  failures: number;
  seconds: number;
  /** True when nothing is wrong: see `faultsOf`. */
  passed: boolean;
  faults: string[];
}

function faultsOf(report: Omit<ChaosReport, 'passed' | 'faults'>, options: ChaosOptions): string[] {
  const { proof } = report;
  const faults: string[] = [];
  const must = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  must(report.lost === 0, `${report.lost} readers neither got the edition nor are listed as uncertain.`);
  must(report.astray === 0, `${report.astray} mails went to the wrong people.`);
  must(proof.holds, 'The ledger does not add up: see verify.');
  must(
    proof.planned === report.expected,
    `${proof.planned} deliveries were planned, not ${report.expected}.`,
  );
  must(proof.waiting === 0, `${proof.waiting} deliveries still wait.`);
  must(
    proof.failed + proof.expired + proof.skipped + proof.cancelled === 0,
    'Deliveries ended as they should not: see verify.',
  );
  if (options.uncertain === 'hold') {
    must(report.doubled === 0, `${report.doubled} readers got it more than once.`);
    must(
      report.uncertain <= report.uncertainMax,
      `${report.uncertain} are uncertain, more than the ${report.uncertainMax} that the kills explain.`,
    );
  } else {
    must(report.uncertain === 0, `${report.uncertain} are uncertain although they are to be sent again.`);
    must(report.unlike === 0, `${report.unlike} readers got copies with different Message-IDs.`);
    must(report.changed === 0, `${report.changed} readers got copies that hold different things.`);
  }
  return faults;
}

async function perform(stage: Stage): Promise<ChaosReport> {
  const { options, crew, db, sinks } = stage;
  const { say = () => {}, readers } = options;
  const startedAt = performance.now();
  crew.start({ clock: options.clocks, sender: options.senders, web: options.blows.includes('web') ? 1 : 0 });
  const blows = await torment(stage);
  say(
    `${await waitingIn(stage)} of ${readers} wait as peace comes, after ${Math.round((performance.now() - startedAt) / 1000)} s.`,
  );
  await drain(stage);
  await crew.stop();
  const uncertain = await insist(
    () =>
      db.query<{ email: string; cause: string }>(
        'chaos-uncertain',
        `select s.email, case when d.reason like 'the sender ended%' then 'sender' else 'connection' end as cause
         from deliveries d join subscribers s on s.id = d.subscriber_id where d.state = 'uncertain'`,
      ),
    options.stop,
  );
  const [proof] = await insist(() => verify(db, { latest: 1 }), options.stop);
  if (!proof) throw new Error('There is no edition.');
  const verdict = await judge({
    expected: Array.from({ length: readers }, (_, n) => nameOf(n + 1)),
    records: sinks.map((sink) => sink.record),
    uncertain: uncertain.map((row) => row.email),
  });
  const { flush = 0, pause = 0, ...killed } = blows;
  // A dead sender cuts all its connections, a dead sink those of all senders to it.
  const cut =
    options.pool * options.sinks * (blows.sender ?? 0) + options.pool * options.senders * (blows.sink ?? 0);
  const report = {
    ...verdict,
    proof,
    blows,
    kills: Object.values(killed).reduce((sum, n) => sum + n, 0),
    uncertainMax: cut + verdict.unsaid,
    failures: crew.failures,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };
  const faults = faultsOf(report, options);
  return { ...report, faults, passed: faults.length === 0 };
}

/** One run. All that it starts is gone when it returns or throws. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const closers: Closers = [];
  try {
    const dataDir = await fastFolder('paperboy-chaos-');
    closers.push(() => rm(dataDir, { recursive: true, force: true }));
    return await perform(await setStage(options, dataDir, closers));
  } finally {
    for (const close of closers.reverse())
      await close().catch((error: Error) => options.say?.(error.message));
  }
}
