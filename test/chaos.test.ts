import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judge } from './chaos/judge.ts';
import { runChaos } from './chaos/run.ts';
import type { Blow } from './chaos/stage.ts';
import { findRedis } from './support/machine.ts';

// The small one of `npm run chaos`. Where there is no Redis to start, the queue is Postgres's.
const found = findRedis();
const redisBinary = found?.includes('://') ? undefined : found;

test('what is killed while it sends loses no mail, doubles none, and says of which it cannot know', async () => {
  const kills: Blow[] = ['sender', 'clock', 'sink', 'postgres', ...(redisBinary ? (['redis'] as const) : [])];
  const report = await runChaos({
    readers: 800,
    blows: [...kills, 'flush', 'pause'],
    kills: kills.length,
    senders: 2,
    clocks: 1,
    sinks: 2,
    pool: 5,
    queue: redisBinary ? 'redis' : 'postgres',
    ...(redisBinary && { redisBinary }),
    uncertain: 'hold',
    moods: { refuse: 0.05, refuseLate: 0.02, drop: 0.01, hang: 0.002 },
    // One seed, for a test that fails is to be repeated; `npm run chaos` takes another each time.
    seed: 11,
    everyMs: 300,
    patient: false,
  });
  expect(report.faults).toEqual([]);
  expect(report).toMatchObject({ lost: 0, doubled: 0, astray: 0, kills: kills.length, passed: true });
  for (const kind of kills) expect(report.blows[kind], kind).toBeGreaterThan(0);
  // What is uncertain is the exception.
  expect(report.received).toBeGreaterThan(680);
}, 180_000);

test('the count sees what is lost, doubled, doubled under another Message-ID or with other papers, and sent to the wrong people', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paperboy-judge-'));
  const records = [join(folder, 'a'), join(folder, 'b')];
  await writeFile(records[0] ?? '', 'one@x 1 a\ntwice@x 2 a\nunlike@x 3 a\n!\nunsure-and-there@x 7 a\n');
  await writeFile(records[1] ?? '', 'twice@x 2 b\nunlike@x 4 a\nstranger@x 5 a\nother@x 1 a\n!\n');
  const expected = ['one@x', 'twice@x', 'unlike@x', 'other@x', 'lost@x', 'unsure@x', 'unsure-and-there@x'];
  const uncertain = ['unsure@x', 'unsure-and-there@x'];
  expect(await judge({ expected, records, uncertain })).toEqual({
    expected: 7,
    received: 5,
    lost: 1,
    doubled: 2,
    unlike: 1,
    changed: 1,
    uncertain: 2,
    unsaid: 2,
    // The stranger, and the other with the Message-ID of the first.
    astray: 2,
  });
  await rm(folder, { recursive: true });
});
