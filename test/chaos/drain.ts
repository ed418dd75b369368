import { PEACE } from './sink.ts';
import { insist, type Stage, waitingIn, waitUntil } from './stage.ts';

/** Jumps of the clock until all is done: one for what was claimed, refused or queued, and one for each refusal of the ledger's own after that. */
const JUMPS_MAX = 8;

/** Waits until nobody waits for mail, or nothing has moved for `quietMs`. @returns true when nobody waits */
async function settled(stage: Stage, quietMs: number): Promise<boolean> {
  let waiting = await waitingIn(stage);
  for (let last = -1; waiting !== 0 && waiting !== last; ) {
    last = waiting;
    waiting = await waitUntil(stage, quietMs, (now) => now !== last);
  }
  return waiting === 0;
}

/**
 * How far the clock is from the moment at which all that waits may be done: claims have ended, jobs that were lost count
 * as lost (see the sweep), and the last retry is due.
 */
async function distance({ db, now, options }: Stage): Promise<number> {
  const rows = await insist(
    () =>
      db.query<{ at: Date | null }>(
        'chaos-distance',
        `select max(case state when 'planned' then due_at when 'sending' then claim_until else queued_at + interval '15 minutes' end) as at
         from deliveries where state in ('planned', 'queued', 'sending')`,
      ),
    options.stop,
  );
  return Math.max(0, (rows[0]?.at ?? now()).getTime() - now().getTime()) + 2_000;
}

/**
 * Peace, until nobody waits. Claims last a minute and retries wait for minutes. Nobody needs to sit through them: all
 * processes are told to end, as for an update, and when they start again it is later. (While they run their clock only
 * runs on, since that is what clocks do.)
 */
export async function drain(stage: Stage): Promise<void> {
  const { sinks, crew, options } = stage;
  for (const sink of sinks) sink.setMoods(PEACE);
  if (options.patient) {
    await settled(stage, 30 * 60_000);
    return;
  }
  for (let jump = 0; jump < JUMPS_MAX; jump += 1) {
    await crew.stop();
    if ((await waitingIn(stage)) === 0) return;
    const ms = await distance(stage);
    options.say?.(
      `${await waitingIn(stage)} wait; all processes start again ${Math.ceil(ms / 60_000)} min later.`,
    );
    stage.moveOn(ms);
    crew.start({ clock: 1, sender: 1, web: 0 });
    if (await settled(stage, 8_000)) return;
  }
}
