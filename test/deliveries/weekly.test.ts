import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { listDeliveries } from '../../src/deliveries/index.ts';
import { NO_FOLLOWS, recordVote } from '../../src/interests/index.ts';
import { changePreferences, defaultPreferences, unsubscribe } from '../../src/subscribers/index.ts';
import { previewFor } from '../../src/web/preview.ts';
import { tickLearn } from '../../workers/clock.ts';
import { paperboyHere } from '../cli/run.ts';
import { startTestApp } from '../support/app.ts';
import { addReader, drain, tickAll } from '../support/day.ts';
import { makeItem, makeItems } from '../support/upstream.ts';

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
    for (const at of ['2026-06-11T02:05Z', '2026-06-15T02:05Z']) {
      app.clock.set(new Date(at));
      await tickAll(app);
      await drain(app);
    }
    // Tried before it comes: the page and the command say what will be sent.
    const tried = await previewFor(
      app,
      { cadence: 'weekly', maxPapers: null, minMatches: null, follows: NO_FOLLOWS },
      { subscriberId: changed },
    );
    const { out } = await paperboyHere(
      'preview --cadence weekly --date 2026-06-08 --to changed@example.org --now 2026-06-15T02:06Z',
      {
        folder: tmpdir(),
        environment: {
          DATABASE_URL: app.database.url,
          SECRET_KEY: '0123456789abcdef0123456789abcdef',
          ADMIN_TOKEN: 't'.repeat(32),
        },
      },
    );
    const printed = [...out.matchAll(/huggingface\.co\/papers\/([\d.]+)/g)].map(([, id]) => id);
    app.clock.set(new Date('2026-06-15T07:05Z'));
    await tickAll(app);
    await drain(app);
    const sent = (await listDeliveries(app.db, { state: 'sent' })).reverse();
    const papers = (email: string) =>
      sent.filter((row) => row.email === email && row.kind === 'digest').map((row) => row.papers?.length);
    expect(papers('weekly@example.org')).toEqual([6]);
    expect(papers('changed@example.org')).toEqual([3, 3]);
    const [daily, weekly] = sent.filter(
      (row) => row.email === 'changed@example.org' && row.kind === 'digest',
    );
    expect(daily?.papers?.filter((id) => weekly?.papers?.includes(id))).toEqual([]);
    expect(tried.cards.map(({ href }) => href.split('/').at(-1))).toEqual(weekly?.papers);
    expect(printed).toEqual(weekly?.papers);
  } finally {
    await app.end();
  }
});

test('who goes weekly after the week was matched, and who comes back then, has near papers in it too', async () => {
  const plain = (day: string, from: number, count: number) =>
    Array.from({ length: count }, (_, n) =>
      makeItem({
        id: `2606.${from + n}`,
        day,
        upvotes: 100 - n,
        title: `Word${from + n} thing${n}`,
        paper: {
          summary: `About nothing in particular, number ${n}.`,
          ai_summary: undefined,
          ai_keywords: undefined,
          authors: [{ name: `Given Name${from + n}`, hidden: false }],
        },
        item: { organization: undefined },
      }),
    );
  const whales = (id: string, day: string) =>
    makeItem({
      id,
      day,
      title: 'Whales that sing',
      upvotes: 1,
      paper: {
        summary: 'Songs of whales in the sea.',
        ai_summary: undefined,
        ai_keywords: undefined,
        organization: undefined,
      },
      item: { organization: undefined },
    });
  const app = await startTestApp({
    now: new Date('2026-06-01T12:00Z'),
    days: {
      '2026-06-02': [whales('2606.19999', '2026-06-02'), ...plain('2026-06-02', 20_000, 30)],
      '2026-06-10': [whales('2606.29999', '2026-06-10'), ...plain('2026-06-10', 30_000, 30)],
    },
  });
  const at = async (moment: string) => {
    app.clock.set(new Date(moment));
    await tickAll(app);
  };
  try {
    const names = ['changed', 'back'] as const;
    const readers: number[] = [];
    for (const name of names) readers.push(await addReader(app, `${name}@example.org`));
    const [changed = 0, back = 0] = readers;
    await at('2026-06-02T20:00Z');
    for (const subscriberId of readers)
      expect(await recordVote(app, { subscriberId, paperId: '2606.19999', vote: 'more' })).toBe('recorded');
    await tickLearn(app);
    await unsubscribe(app, app.links.token('unsubscribe', back), { page: 'one-click' });
    await at('2026-06-10T20:00Z');
    // Monday: the week's edition opens, and is matched for its readers, of whom neither is one.
    await at('2026-06-15T02:05Z');
    app.clock.set(new Date('2026-06-15T05:00Z'));
    expect(
      await changePreferences(app, app.links.token('preferences', changed), {
        preferences: { ...defaultPreferences, cadence: 'weekly' },
        pausedUntil: null,
      }),
    ).toBe('changed');
    await addReader(app, 'back@example.org', { cadence: 'weekly' });
    await at('2026-06-15T05:01Z');
    app.clock.set(new Date('2026-06-15T07:05Z'));
    await drain(app);
    for (const name of names) {
      const weekly = app.sink.received.filter(
        ({ to, parsed }) => to[0] === `${name}@example.org` && /week/i.test(parsed.subject ?? ''),
      );
      expect(
        weekly.map(({ parsed }) => /Near papers you liked/.test(parsed.text ?? '')),
        name,
      ).toEqual([true]);
    }
  } finally {
    await app.end();
  }
});
