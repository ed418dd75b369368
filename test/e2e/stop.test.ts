import { afterEach, beforeEach, expect, test } from 'vitest';
import { runSender } from '../../workers/sender.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, papersOf, tally, tickAll } from '../support/day.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-06-10T12:00Z'), days: papersOf('2026-06-10') });
});
afterEach(() => app.end());

test('a sender that is to stop does not wait for a server that thinks for minutes: the mail is uncertain, and said to be', async () => {
  await addReader(app, 'a@example.org');
  app.clock.set(new Date('2026-06-11T02:00Z'));
  await tickAll(app);
  let reached = () => {};
  const atTheDot = new Promise<void>((resolve) => {
    reached = resolve;
  });
  app.sink.behave({
    hold: () => {
      reached();
      return new Promise(() => {});
    },
  });
  const sender = await runSender(app, 300);
  app.clock.set(new Date('2026-06-11T07:00Z'));
  await tickAll(app);
  await atTheDot;
  const startedAt = performance.now();
  await sender.close();
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(await tally(app)).toEqual({ uncertain: 1 });
});
