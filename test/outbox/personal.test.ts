import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eraseReader, listDeliveries, listReaderDigests } from '../../src/deliveries/index.ts';
import { recordVote, refuseAuthor, undoVote } from '../../src/interests/index.ts';
import { createChooser, createMailroom, readDigest } from '../../src/outbox/index.ts';
import { addDays } from '../../src/papers/index.ts';
import { defaultPreferences, type Preferences } from '../../src/subscribers/index.ts';
import { tickLearn } from '../../workers/clock.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tickAll } from '../support/day.ts';
import { setInterests } from '../support/interests.ts';
import type { Received } from '../support/smtp.ts';
import { makeItem } from '../support/upstream.ts';

// Digests that are chosen for their readers, as they come out of a socket.

const DAY = '2026-06-10';
/** Within the hour after the edition closes, before anybody's hour. */
const CLOSED = new Date('2026-06-11T02:05Z');
const MORNING = new Date('2026-06-11T07:00Z');

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ now: new Date('2026-06-10T12:00Z') });
});
afterEach(() => app.end());

const idAt = (n: number) => `2606.${10_000 + n}`;

/** Forty papers, best first, of which only the 30th is about whales, by Ada Lovelace. */
const items = (over: (n: number) => Record<string, unknown> = () => ({})) =>
  Array.from({ length: 40 }, (_, n) => {
    const whales = n === 30;
    return makeItem({
      id: idAt(n),
      day: DAY,
      upvotes: 100 - n,
      title: whales ? 'Songs of <Whales>' : `Plain paper ${n}`,
      paper: {
        ai_summary: undefined,
        ai_keywords: undefined,
        summary: whales ? 'They sing of the sea.' : `About nothing in particular, number ${n}.`,
        authors: [{ name: whales ? 'Ada Lovelace' : `Given Name${n}`, hidden: false }],
        ...over(n),
      },
    });
  });

const digests = (to: string): Received[] =>
  app.sink.received.filter((mail) => mail.to[0] === to && mail.parsed.headers.has('list'));
const digestTo = (to: string): Received => {
  const [mail, ...others] = digests(to);
  if (!mail || others.length > 0) throw new Error(`${to} got ${others.length + (mail ? 1 : 0)} digests`);
  return mail;
};
/** Places of the papers in a mail, in its order. */
const placesIn = (mail: Received) =>
  [...(mail.parsed.text ?? '').matchAll(/https:\/\/huggingface\.co\/papers\/2606\.(\d+)/g)].map(
    ([, id]) => Number(id) - 10_000,
  );
const rowOf = async (mail: Received) => {
  const row = (await listDeliveries(app.db, {})).find((one) => `<${one.messageId}>` === mail.messageId);
  if (!row) throw new Error('This mail has no delivery.');
  return row;
};

/** The day's list comes, the edition is made, and the morning's digests go out. */
async function mailDay(list = items()): Promise<void> {
  app.upstream.setDay(DAY, list);
  await tickAll(app);
  app.clock.set(CLOSED);
  await tickAll(app);
  app.clock.set(MORNING);
  await drain(app);
}

describe('a reader with interests', () => {
  test('gets what was asked for, and is told why; others get the edition as it is', async () => {
    const ada = await addReader(app, 'own@example.org', { searches: ['whales'], authors: ['A. Lovelace'] });
    await addReader(app, 'plain@example.org');
    await mailDay();
    const plain = digestTo('plain@example.org');
    expect(placesIn(plain)).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(plain.parsed.text).toContain('40 new papers on Hugging Face, most votes first');
    expect(plain.parsed.subject).toBe('Daily papers, 10 June 2026: Plain paper 0');

    const own = digestTo('own@example.org');
    const places = placesIn(own);
    expect(places[0]).toBe(30);
    expect(places.slice(1, 11)).toEqual(Array.from({ length: 10 }, (_, n) => n));
    expect(places).toHaveLength(12);
    expect(own.parsed.subject).toBe('Daily papers, 10 June 2026: Songs of <Whales>');
    const { text = '', html } = own.parsed;
    expect(text).toContain('Paperboy: 12 papers for you, of 40 new papers on Hugging Face');
    expect(text).toContain('1. Songs of <Whales>\n');
    expect(text).toContain('You follow A. Lovelace · Matches whales · 31st on Hugging Face · 70 votes');
    expect(text).toContain('2. Plain paper 0\n');
    expect(text).toContain('   1st on Hugging Face · 100 votes');
    expect(text).toMatch(/12\. Plain paper \d+\n.*\n {3}Something different, drawn by lot · /);
    expect(text).toContain('28 more on the page of 10 June 2026');
    expect(html).toContain('Songs of &lt;Whales&gt;</a>');
    expect(html).toContain('Also: Plain paper 0; Plain paper 1; ');
    // Each card has a link for votes, which is this reader's.
    const vote = `${app.links.url('vote', ada)}?paper=${idAt(30)}`;
    expect(text).toContain(vote);
    expect(html).toContain(`href="${vote}"`);

    const row = await rowOf(own);
    expect(row.papers).toEqual(places.map(idAt));
    expect(row.reasons?.slice(0, 2)).toEqual(['You follow A. Lovelace · Matches whales', '']);
    const shown = await readDigest(app, row.id);
    expect(shown).toContain('Songs of &lt;Whales&gt;');
    // As it was sent, whatever is followed now.
    await setInterests(app.db, ada, []);
    expect(await readDigest(app, row.id)).toBe(shown);
  });

  test('whose digest is tried again gets the same', async () => {
    await addReader(app, 'own@example.org', { topics: ['robotics'], searches: ['whales'] });
    app.sink.behave({ rcpt: () => '451 4.3.0 later' });
    await mailDay();
    app.sink.behave({});
    expect(digests('own@example.org')).toEqual([]);
    const composed = async () => {
      const [row] = await listDeliveries(app.db, {});
      const selection = await createChooser().chooseFor(
        app.db,
        row?.editionId ?? 0,
        row?.subscriberId ?? 0,
        [],
      );
      return selection?.cards.map(({ paperId }) => paperId);
    };
    const first = await composed();
    app.clock.set(new Date('2026-06-11T09:00Z'));
    await drain(app);
    expect(placesIn(digestTo('own@example.org')).map(idAt)).toEqual(first);
  });

  test('gets a first digest of their own, though they come when the edition is out', async () => {
    app.upstream.setDay(DAY, items());
    await tickAll(app);
    app.clock.set(MORNING);
    await tickAll(app);
    await addReader(app, 'early@example.org', { searches: ['"plain paper 20"'] });
    await drain(app);
    // A pool of the edition is loaded now; what is new to it must still be found.
    await addReader(app, 'late@example.org', { searches: ['whales'] });
    await drain(app);
    expect(placesIn(digestTo('early@example.org'))[0]).toBe(20);
    expect(placesIn(digestTo('late@example.org'))[0]).toBe(30);
  });

  test('who follows something after the edition was matched has it in the morning', async () => {
    const reader = await addReader(app, 'own@example.org');
    app.upstream.setDay(DAY, items());
    await tickAll(app);
    app.clock.set(CLOSED);
    await tickAll(app);
    await setInterests(app.db, reader, [{ kind: 'author', value: 'Ada Lovelace' }]);
    app.clock.set(MORNING);
    await drain(app);
    expect(placesIn(digestTo('own@example.org'))[0]).toBe(30);
  });

  test('gets no digest where fewer papers match than asked for, and the history says so', async () => {
    const reader = await addReader(app, 'few@example.org', { searches: ['whales'], minMatches: 2 });
    await addReader(app, 'one@example.org', { searches: ['whales'], minMatches: 1, maxPapers: 1 });
    // Who follows nothing cannot match anything.
    await addReader(app, 'none@example.org', { minMatches: 3 });
    await mailDay();
    expect(digests('few@example.org')).toEqual([]);
    expect(placesIn(digestTo('one@example.org'))).toEqual([30]);
    expect(placesIn(digestTo('none@example.org'))).toHaveLength(12);
    expect(await listReaderDigests(app.db, reader, 1)).toMatchObject([
      { state: 'skipped', reason: 'too few papers match' },
    ]);
  });

  test('who refused an author and follows nothing gets the edition without that author', async () => {
    const reader = await addReader(app, 'own@example.org');
    await refuseAuthor(app, reader, 'given name0');
    await mailDay();
    const mail = digestTo('own@example.org');
    expect(placesIn(mail)).toEqual(Array.from({ length: 11 }, (_, n) => n + 1));
    expect(mail.parsed.text).toContain('40 new papers on Hugging Face, most votes first');
    expect((await rowOf(mail)).reasons).toBeNull();
  });

  test('of who was erased while the mail was on the wire nothing is written down again', async () => {
    const reader = await addReader(app, 'own@example.org', { searches: ['whales'] });
    let free = () => {};
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    let atDot = () => {};
    const dot = new Promise<void>((resolve) => {
      atDot = resolve;
    });
    app.sink.behave({
      hold: () => {
        atDot();
        return held;
      },
    });
    app.upstream.setDay(DAY, items());
    await tickAll(app);
    app.clock.set(MORNING);
    await tickAll(app);
    const sending = drain(app);
    await dot;
    expect(await eraseReader(app, reader)).toBe('erased');
    free();
    await sending;
    const [row] = await app.db.query(
      'test: row',
      `select state, papers, reasons from deliveries where kind = 'digest'`,
    );
    expect(row).toEqual({ state: 'sent', papers: null, reasons: null });
  });

  test('learns from votes, by the clock', async () => {
    const reader = await addReader(app, 'own@example.org');
    app.upstream.setDay('2026-06-09', [
      makeItem({
        id: '2606.09001',
        day: '2026-06-09',
        title: 'Whales that sing',
        paper: {
          summary: 'Songs of whales in the sea.',
          ai_summary: undefined,
          ai_keywords: undefined,
          organization: undefined,
        },
        item: { organization: undefined },
      }),
      ...Array.from({ length: 30 }, (_, n) =>
        makeItem({
          id: `2606.0${8000 + n}`,
          day: '2026-06-09',
          title: `Word${n} thing${n}`,
          item: { organization: undefined },
        }),
      ),
    ]);
    await tickAll(app);
    app.clock.set(new Date('2026-06-10T14:00Z'));
    expect(await recordVote(app, { subscriberId: reader, paperId: '2606.09001', vote: 'more' })).toBe(
      'recorded',
    );
    await tickLearn(app);
    await mailDay();
    const mail = digests('own@example.org').at(-1);
    expect(mail?.parsed.text).toContain('Songs of <Whales>');
    expect(mail?.parsed.text).toContain('Near papers you liked · 31st on Hugging Face');
  });

  test('is not told of votes that were taken back, whatever they had found', async () => {
    const reader = await addReader(app, 'own@example.org', { searches: ['whales'] });
    app.upstream.setDay(DAY, items());
    await tickAll(app);
    app.clock.set(new Date('2026-06-10T14:00Z'));
    const vote = { subscriberId: reader, paperId: idAt(3) };
    await recordVote(app, { ...vote, vote: 'more' });
    await tickLearn(app);
    app.clock.set(CLOSED);
    await tickAll(app);
    const near = () => app.db.query('test: near', 'select from edition_near where ranks <> $1', ['{}']);
    expect(await near()).toHaveLength(1);
    await undoVote(app.db, reader, vote.paperId);
    await tickLearn(app);
    app.clock.set(MORNING);
    await drain(app);
    const text = digestTo('own@example.org').parsed.text ?? '';
    expect(text).toContain('Matches whales');
    expect(text).not.toContain('Near papers you liked');
  });
});

test('a paper that comes again, by other lists and in a later version, is in one digest of each reader', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paperboy-lists-'));
  await app.end();
  app = await startTestApp({
    now: new Date('2026-06-08T12:00Z'),
    settings: { SOURCES: `huggingface,file:${folder}`, EDITION_SIZE: '3' },
  });
  try {
    await addReader(app, 'daily@example.org', { searches: ['whales'] });
    await addReader(app, 'plain@example.org');
    await addReader(app, 'weekly@example.org', { searches: ['whales'], cadence: 'weekly' });
    const whales = (day: string, paper: Record<string, unknown> = {}) =>
      makeItem({ id: idAt(0), day, title: 'Songs of Whales', upvotes: 5, paper });
    const others = (day: string, from: number) =>
      Array.from({ length: 6 }, (_, n) =>
        makeItem({ id: idAt(from + n), day, title: `Plain ${from + n}`, upvotes: 90 - n }),
      );
    const week: Record<string, unknown[]> = {
      '2026-06-08': [...others('2026-06-08', 10), whales('2026-06-08')],
      '2026-06-09': others('2026-06-09', 20),
      // Listed again, with a new version's words.
      '2026-06-10': [...others('2026-06-10', 30), whales('2026-06-10', { summary: 'A second version.' })],
      '2026-06-11': others('2026-06-11', 40),
      '2026-06-12': others('2026-06-12', 50),
    };
    await writeFile(
      join(folder, '2026-06-11.json'),
      JSON.stringify([whales('2026-06-11'), ...others('2026-06-11', 60)]),
    );
    for (const [day, list] of Object.entries(week)) {
      app.upstream.setDay(day, list);
      app.clock.set(new Date(`${day}T20:00Z`));
      await tickAll(app);
      const next = addDays(day, 1);
      app.clock.set(new Date(`${next}T02:10Z`));
      await tickAll(app);
      app.clock.set(new Date(`${next}T07:00Z`));
      await drain(app);
    }
    app.clock.set(new Date('2026-06-15T03:10Z'));
    await tickAll(app);
    app.clock.set(new Date('2026-06-15T07:00Z'));
    await drain(app);
    const times = (to: string) =>
      digests(to).filter((mail) => (mail.parsed.text ?? '').includes('Songs of Whales')).length;
    expect(digests('daily@example.org').length).toBeGreaterThanOrEqual(5);
    expect(times('daily@example.org')).toBe(1);
    expect(digests('weekly@example.org')).toHaveLength(1);
    expect(times('weekly@example.org')).toBe(1);
    // With five votes it is no card of the edition.
    expect(times('plain@example.org')).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('abstracts', () => {
  const long = 'Long sentences are what abstracts are made of. '.repeat(40);
  const ask = (over: Partial<Preferences>) => ({ ...defaultPreferences, ...over });

  test('come in full where the reader wants them, and short elsewhere', async () => {
    await addReader(app, 'full@example.org', { abstracts: 'full', maxPapers: 3 });
    await addReader(app, 'short@example.org', { maxPapers: 3 });
    await mailDay(items(() => ({ summary: long })));
    const lengthOf = (to: string) => (digestTo(to).parsed.text ?? '').split('Long sentences').length - 1;
    expect(lengthOf('full@example.org')).toBe(3 * 40);
    expect(lengthOf('short@example.org')).toBe(3 * 5);
    expect((await rowOf(digestTo('full@example.org'))).fullAbstracts).toBe(3);
  });

  test('and cards are as many as fit below 100 kB, whatever is asked for', async () => {
    await app.end();
    app = await startTestApp({
      now: new Date('2026-06-10T12:00Z'),
      // The longest that fits a header: links take most of a small card.
      settings: { EDITION_SIZE: '60', PUBLIC_URL: `https://${'papers.'.repeat(10)}example.org` },
    });
    await addReader(app, 'all@example.org', ask({ maxPapers: 100, abstracts: 'full' }));
    await addReader(
      app,
      'own@example.org',
      ask({ maxPapers: 100, abstracts: 'full', searches: ['é OR sentences'] }),
    );
    const many = Array.from({ length: 120 }, (_, n) =>
      makeItem({
        id: idAt(n),
        day: DAY,
        upvotes: 500 - n,
        title: `Üeber ${n}: ${'é '.repeat(60)}`,
        paper: { summary: long, ai_summary: undefined },
      }),
    );
    await mailDay(many);
    for (const to of ['all@example.org', 'own@example.org']) {
      const mail = digestTo(to);
      expect(mail.raw.length).toBeLessThan(100_000);
      expect(mail.raw.length).toBeGreaterThan(85_000);
      const shown = placesIn(mail).length;
      expect(mail.parsed.text).toContain(`${120 - shown} more on the page`);
      expect((await rowOf(mail)).papers).toHaveLength(shown);
    }
  });
});

test('a mailroom and a chooser that know nothing of an edition give nothing', async () => {
  const mailroom = createMailroom({
    site: app.site,
    links: app.links,
    from: app.config.mailFrom,
    mailDomain: app.config.mailDomain,
  });
  const order = { deliveryId: 1, messageId: 'a@b', subscriberId: 1, email: 'a@b.example', maxPapers: null };
  expect(await mailroom.composeDigest(app.db, 999, order, app.clock.now())).toBeNull();
  expect(await createChooser().chooseFor(app.db, 999, 1, [])).toBeNull();
});
