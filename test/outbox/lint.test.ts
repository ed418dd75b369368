import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { latestEdition, loadEdition } from '../../src/editions/index.ts';
import { addDays, listDay } from '../../src/papers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tickAll } from '../support/day.ts';
import { makeItem } from '../support/upstream.ts';
import { lintDigest } from './lint.ts';

let app: TestApp;
let day = '2026-01-01';

beforeAll(async () => {
  app = await startTestApp({ now: new Date(`${day}T12:00Z`) });
  await addReader(app, 'ada@example.org');
});
afterAll(() => app.end());

/** What papers have been made of by people who wish us ill, and by people who do not. */
const hostileWord = fc.constantFrom(
  '<script>alert(1)</script>',
  '</td></tr></table>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<!-- cut: card -->',
  '<!--[if mso]>',
  '{{ unsubscribe_url }}',
  '{% include "x" %}',
  '\r\nBcc: evil@example.org\r\n\r\n',
  '\u202Ereversed\u202C',
  '\u2067isolate\u2069',
  '\0',
  '\uD800',
  '\u2028',
  '.\r\n.\r\n',
  '--=_paperboy--',
  '=?UTF-8?B?4oKs?=',
  '=3D=\r\n',
  '&amp;lt;',
  '$\\mathcal{O}(n^2)$',
  'Café 李明 🙂\u200D🔬 ﷽ e\u0301\u0302\u0303',
  'undefinedness',
  'x'.repeat(400),
  '李'.repeat(200),
  ' ',
);
const hostile = fc
  .array(fc.oneof(hostileWord, fc.string({ unit: 'binary', maxLength: 30 }), fc.lorem({ maxCount: 8 })), {
    maxLength: 8,
  })
  .map((words) => words.join(' '));
const address = fc.constantFrom(
  'https://github.com/example/matter',
  'javascript:alert(1)',
  'https://github.com/"onclick="alert(1)',
  'http://github.com/plain',
  'data:text/html,x',
  undefined,
);
const paper = fc.record({
  title: hostile,
  abstract: hostile,
  sentence: fc.option(hostile, { nil: undefined }),
  authors: fc.array(hostile, { maxLength: 30 }),
  organisation: fc.option(hostile, { nil: undefined }),
  code: address,
  project: fc.constantFrom('https://project.example/x', 'javascript:alert(1)', undefined),
  upvotes: fc.nat({ max: 2_000 }),
});

test('whatever papers say, each digest of them is a good mail', async () => {
  let mails = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(paper, { minLength: 1, maxLength: 15, size: 'max' }), async (papers) => {
      day = addDays(day, 1);
      const id = (n: number) =>
        `${day.slice(2, 4)}${day.slice(5, 7)}.${day.slice(8)}${String(n).padStart(3, '0')}`;
      app.upstream.setDay(day, [
        makeItem({ id: id(0), day, upvotes: 1, title: 'A paper like any other' }),
        ...papers.map((one, n) =>
          makeItem({
            id: id(n + 1),
            day,
            title: one.title,
            upvotes: one.upvotes,
            paper: {
              summary: one.abstract,
              ai_summary: one.sentence,
              authors: one.authors.map((name) => ({ name, hidden: false })),
              githubRepo: one.code,
              projectPage: one.project,
              organization: one.organisation && { name: one.organisation, fullname: one.organisation },
            },
          }),
        ),
      ]);
      app.sink.clear();
      app.clock.set(new Date(`${day}T23:00Z`));
      await tickAll(app);
      app.clock.set(new Date(`${addDays(day, 1)}T02:05Z`));
      await tickAll(app);
      app.clock.set(new Date(`${addDays(day, 1)}T07:00Z`));
      await drain(app);

      const [mail, ...more] = app.sink.received.filter((one) => one.parsed.headers.has('list'));
      if (!mail) throw new Error(`No digest of ${day} came.`);
      expect(more).toEqual([]);
      const latest = await latestEdition(app.db, 'daily', app.clock.now());
      const edition = await loadEdition(app.db, latest?.id ?? 0);
      expect(edition?.issueDate).toBe(day);
      const listed = new Map(
        (await listDay(app.db, day, { sample: false })).map((one) => [one.id, one.title]),
      );
      const titles =
        edition?.papers.slice(0, edition.cards).map((card) => listed.get(card.paperId) ?? 'not listed') ?? [];
      expect(lintDigest(mail, { subject: edition?.subject ?? '', titles })).toEqual([]);
      mails += 1;
    }),
    { numRuns: 30 },
  );
  expect(mails).toBeGreaterThanOrEqual(30);
}, 60_000);

test('the lint bites: a mail with a fault in it is not called good', async () => {
  const [mail] = app.sink.received;
  if (!mail) throw new Error('There is no mail to spoil.');
  const want = { subject: mail.parsed.subject ?? '', titles: [] };
  const spoilt = (raw: string, parsed = mail.parsed) =>
    lintDigest({ ...mail, raw: Buffer.from(raw, 'latin1'), parsed }, want);
  const raw = mail.raw.toString('latin1');
  expect(spoilt(raw)).toEqual([]);
  expect(spoilt(raw.replace('Precedence: bulk', 'Precedence: bulk\r\nBcc: evil@example.org'))).toHaveLength(
    1,
  );
  expect(spoilt(raw.replace('\r\n\r\n--=_paperboy', '\n\r\n--=_paperboy'))).not.toEqual([]);
  expect(spoilt(raw.replace('Papers', 'P\xe4pers').replace('papers', 'p\xe4pers'))).not.toEqual([]);
  for (const [fault, html] of [
    ['SCRIPT', '<script>1</script>'],
    ['onclick', '<p onclick="x">x</p>'],
    ['javascript', '<a href="javascript:x">x</a>'],
    ['main headings', '<h1>x</h1>'],
    ['a hole', '<p>by undefined</p>'],
  ] as const)
    expect(spoilt(raw, { ...mail.parsed, html: `${mail.parsed.html}${html}` }).join()).toContain(fault);
  expect(lintDigest(mail, { ...want, titles: ['A title that is not there'] })).toHaveLength(2);
});
