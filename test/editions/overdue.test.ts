import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureEditions } from '../../src/editions/index.ts';
import { tickAssemble, tickIngest, tickLedger } from '../../workers/clock.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { makeItems } from '../support/upstream.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({
    now: new Date('2026-06-10T20:00Z'),
    days: { '2026-06-10': makeItems(3, '2026-06-10') },
  });
});
afterAll(() => app.end());

const at = (time: string) => app.clock.set(new Date(time));
const told = async () => {
  await tickLedger(app);
  const text = await app.metrics.render();
  return [...text.matchAll(/^paperboy_edition_overdue_seconds\{cadence="(\w+)"\} (\d+)$/gm)].map(
    ([, cadence, seconds]) => [cadence, Number(seconds)],
  );
};

it('tells how long an edition that is due is not there, until it is made or skipped', async () => {
  expect(await measureEditions(app.assembling)).toEqual([
    { cadence: 'daily', seconds: 0, date: null },
    { cadence: 'weekly', seconds: 0, date: null },
  ]);
  await tickIngest(app, false);
  at('2026-06-11T01:59:59Z');
  await tickAssemble(app);
  expect(await told()).toContainEqual(['daily', 0]);
  // Nobody has asked the source since the day ended, so the edition is waited for.
  at('2026-06-11T02:30:00Z');
  await tickAssemble(app);
  expect(await told()).toEqual([
    ['daily', 1800],
    ['weekly', 0],
  ]);
  await tickIngest(app, false);
  await tickAssemble(app);
  expect(await told()).toContainEqual(['daily', 0]);
});
