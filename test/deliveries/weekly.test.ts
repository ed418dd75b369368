import { expect, test } from 'vitest';
import { listDeliveries } from '../../src/deliveries/index.ts';
import { changePreferences, defaultPreferences } from '../../src/subscribers/index.ts';
import { startTestApp } from '../support/app.ts';
import { addReader, drain, tickAll } from '../support/day.ts';
import { makeItems } from '../support/upstream.ts';

test("who changes from daily to weekly gets the week's best without what the dailies brought", async () => {
  const week = {
    '2026-06-08': makeItems(3, '2026-06-08', '2606'),
    '2026-06-10': makeItems(3, '2026-06-10', '2605'),
  };
  const app = await startTestApp({ now: new Date('2026-06-01T12:00Z'), days: week });
  try {
    const changed = await addReader(app, 'changed@example.org');
    await addReader(app, 'weekly@example.org', { cadence: 'weekly' });
    // Monday's papers come on Tuesday; on Wednesday the reader has had enough mail.
    for (const at of ['2026-06-09T02:05Z', '2026-06-09T07:05Z']) {
      app.clock.set(new Date(at));
      await tickAll(app);
      await drain(app);
    }
    app.clock.set(new Date('2026-06-10T09:00Z'));
    await changePreferences(app, app.links.token('preferences', changed), {
      preferences: { ...defaultPreferences, cadence: 'weekly' },
      pausedUntil: null,
    });
    for (const at of ['2026-06-11T02:05Z', '2026-06-15T02:05Z', '2026-06-15T07:05Z']) {
      app.clock.set(new Date(at));
      await tickAll(app);
      await drain(app);
    }
    const sent = (await listDeliveries(app.db, { state: 'sent' })).reverse();
    const papers = (email: string) =>
      sent.filter((row) => row.email === email && row.kind === 'digest').map((row) => row.papers?.length);
    expect(papers('weekly@example.org')).toEqual([6]);
    expect(papers('changed@example.org')).toEqual([3, 3]);
    const [daily, weekly] = sent.filter(
      (row) => row.email === 'changed@example.org' && row.kind === 'digest',
    );
    expect(daily?.papers?.filter((id) => weekly?.papers?.includes(id))).toEqual([]);
  } finally {
    await app.end();
  }
});
