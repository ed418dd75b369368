import { setTimeout as sleep } from 'node:timers/promises';
import { pauseEdition, resumeEdition } from '../../src/deliveries/index.ts';
import { createBag } from './dice.ts';
import { type Blow, insist, type Stage, waitUntil } from './stage.ts';

/** As an operator does who is not sure. Senders that start have other limits each time, too (see the stage). */
async function pauseAndResume({ db, editionId, now, random, options }: Stage): Promise<void> {
  const control = { db, clock: { now } };
  await insist(() => pauseEdition(control, editionId, 'chaos'), options.stop);
  await sleep(random() * Math.min(1_000, options.everyMs));
  await insist(() => resumeEdition(control, editionId, 'chaos'), options.stop);
}

/** Kills, a moment apart, until it has killed enough or nobody waits for mail any more. */
export async function torment(stage: Stage): Promise<Partial<Record<Blow, number>>> {
  const { options, random, sinks, crew, postgres, redis, db } = stage;
  const draw = createBag(options.blows, random);
  const blows: Partial<Record<Blow, number>> = {};
  let seen = options.readers;
  const downtime = () => sleep(random() * Math.min(1_000, options.everyMs));
  for (let kills = 0; kills < options.kills; ) {
    await sleep(options.everyMs * (0.4 + 1.2 * random()), undefined, { signal: options.stop });
    // A blow is to meet work under way, however long the machine takes to start a process.
    const before = seen;
    seen = await waitUntil(stage, 5_000, (waiting) => waiting !== before);
    if (seen === 0) break;
    const blow = draw();
    if (blow === 'flush') {
      if (redis) await redis.wipe();
      else await db.query('chaos-flush', 'truncate bullmq.job cascade').catch(() => {});
    } else if (blow === 'pause') await pauseAndResume(stage);
    else if (blow === 'sender' || blow === 'clock' || blow === 'web') await crew.replace(blow);
    else {
      const victim =
        blow === 'sink' ? sinks[Math.floor(random() * sinks.length)] : blow === 'postgres' ? postgres : redis;
      await victim?.kill();
      await downtime();
      await victim?.revive();
    }
    blows[blow] = (blows[blow] ?? 0) + 1;
    if (blow !== 'flush' && blow !== 'pause') kills += 1;
  }
  return blows;
}
