import { type ParsedMail, simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findDelivery, listDeliveries } from '../../src/deliveries/index.ts';
import {
  type Edition,
  fillPiece,
  layOut,
  loadEdition,
  type Pieces,
  reasonSlot,
  type SlotValues,
} from '../../src/editions/index.ts';
import { readDigest } from '../../src/outbox/index.ts';
import { addDays } from '../../src/papers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tickAll } from '../support/day.ts';
import { sharedDays } from '../support/shared-data.ts';
import type { Received } from '../support/smtp.ts';
import { makeItem } from '../support/upstream.ts';

// What arrives is held against the same digest rendered the plain way: pieces filled one by one, and Nodemailer's own
// transport. After parsing, no reader can tell them apart.

let app: TestApp;

beforeEach(async () => {
  app = await startTestApp({ now: new Date('2020-01-01T12:00Z') });
});
afterEach(() => app.end());

/** A reader whose address is full of what HTML and quoted-printable have to escape. */
const AWKWARD = "o'neill&co=%2e{x}@example.org";

/** A reader whose digest is chosen, with reasons that have to be escaped. */
const OWN = 'own@example.org';

/** The digests of a day, as they came to a reader of everything, a reader of three papers, an awkward one, and one with interests. */
async function mailDay(day: string, items: unknown[]): Promise<Received[]> {
  app.upstream.setDay(day, items);
  app.clock.set(new Date(`${day}T12:00Z`));
  await addReader(app, 'all@example.org');
  await addReader(app, 'three@example.org', { maxPapers: 3 });
  await addReader(app, AWKWARD);
  await addReader(app, OWN, {
    authors: ['Ann'],
    searches: ['"script alert" OR paper OR <b>&amp;'],
    abstracts: 'full',
    maxPapers: 8,
  });
  await tickAll(app);
  app.clock.set(new Date(`${addDays(day, 1)}T02:05Z`));
  await tickAll(app);
  app.clock.set(new Date(`${addDays(day, 1)}T07:00Z`));
  await drain(app);
  return app.sink.received.filter((mail) => mail.parsed.headers.has('list'));
}

async function plainly(mail: Received): Promise<{ parsed: ParsedMail; html: string }> {
  const row = (await listDeliveries(app.db, {})).find((one) => `<${one.messageId}>` === mail.messageId);
  const edition = row?.editionId ? await loadEdition(app.db, row.editionId) : null;
  if (!row || !edition) throw new Error('This mail has no delivery.');
  const { papers, reasons, fullAbstracts } = row;
  if (!papers) throw new Error('The ledger does not say what this mail held.');
  if (mail.to[0] === OWN) {
    expect(fullAbstracts).toBe(papers.length);
    expect(reasons?.join()).toContain('&amp;');
  } else {
    const first = edition.papers.slice(0, mail.to[0] === 'three@example.org' ? 3 : edition.cards);
    expect(row).toMatchObject({
      papers: first.map(({ paperId }) => paperId),
      reasons: null,
      fullAbstracts: 0,
    });
  }
  const laid = layOut(edition, {
    papers,
    reasons: reasons?.map((reason) => (reason === '' ? [] : [reason])) ?? null,
    fullAbstracts: fullAbstracts ?? 0,
  });
  const values: SlotValues = {
    ...laid.values,
    unsubscribe_url: app.links.url('unsubscribe', row.subscriberId),
    preferences_url: app.links.url('preferences', row.subscriberId),
    read_url: app.links.url('read', row.id),
    vote_url: app.links.url('vote', row.subscriberId),
    email: row.email ?? '',
  };
  const { head, more, foot } = edition;
  const render = (format: 'html' | 'text') => {
    const fill = (pieces: Pieces) => fillPiece(pieces[format], values);
    const cards = laid.cards.map(({ place, number, reasons: why, abstracts }) => {
      const card = edition.papers[place];
      return card
        ? fillPiece(card[format], { ...values, number, reason: reasonSlot(why) }, abstracts)
        : 'no card';
    });
    return [fill(head), ...cards, ...(edition.total > papers.length ? [fill(more)] : []), fill(foot)].join(
      '',
    );
  };
  const raw = await compose(
    mail,
    edition,
    row.messageId,
    laid.subject,
    render('text'),
    render('html'),
    values,
  );
  return { parsed: await simpleParser(raw), html: render('html') };
}

async function compose(
  mail: Received,
  edition: Edition,
  messageId: string,
  subject: string,
  text: string,
  html: string,
  values: SlotValues,
): Promise<Buffer> {
  const [, mailto = ''] = /<mailto:([^>]+)>/.exec(mail.raw.toString('latin1')) ?? [];
  const sent = await createTransport({ streamTransport: true, buffer: true, newline: 'windows' }).sendMail({
    from: { name: 'Paperboy', address: 'digest@papers.example.org' },
    to: { name: '', address: mail.to[0] ?? '' },
    subject,
    date: app.clock.now(),
    messageId: `<${messageId}>`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'Feedback-ID': `${edition.issueDate}:${edition.cadence}:digest:paperboy`,
      // Given as it stands; Nodemailer would encode the name's quotes.
      'List-Id': { prepared: true, value: '"Paperboy papers" <daily.papers.example.org>' },
      'List-Unsubscribe': `<${values.unsubscribe_url}>, <mailto:${mailto}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'List-Help': '<https://papers.example.org/subscribe>',
      'List-Archive': '<https://papers.example.org/editions>',
      'List-Post': 'NO',
      Precedence: 'bulk',
    },
    text,
    html,
  });
  return sent.message as Buffer;
}

const unix = (text: string | undefined | false) => (text || '').replace(/\r\n/g, '\n');

/** All that a reader's program makes of a message; the boundary is its sender's own business. */
function reading(mail: ParsedMail) {
  const { headers, subject, from, to, messageId, date, text, html, attachments } = mail;
  const others = [...headers].filter(([name]) => name !== 'content-type');
  return {
    headers: Object.fromEntries(others.map(([name, value]) => [name, JSON.stringify(value)])),
    subject,
    from: from?.value,
    to: [to ?? []].flat().map((group) => group.value),
    messageId,
    date,
    text: unix(text),
    html: unix(html),
    attachments: attachments.length,
  };
}

async function expectEqual(mails: readonly Received[]): Promise<void> {
  expect(mails.map((mail) => mail.to[0]).sort()).toEqual([
    'all@example.org',
    AWKWARD,
    OWN,
    'three@example.org',
  ]);
  for (const mail of mails) {
    const { parsed, html } = await plainly(mail);
    expect(reading(mail.parsed)).toEqual(reading(parsed));
    expect(mail.raw.length).toBeLessThan(120_000);
    // And what the browser shows by the link in it is the same again.
    const row = (await listDeliveries(app.db, {})).find((one) => `<${one.messageId}>` === mail.messageId);
    expect(await readDigest(app, row?.id ?? 0)).toBe(html);
    expect((await findDelivery(app.db, row?.id ?? 0))?.state).toBe('sent');
  }
}

describe('a mail is read as Nodemailer would have written it', () => {
  const hostile = [
    '<script>alert(1)</script> & "quotes" \'single\' </td></table>',
    'CR\r\nBcc: evil@example.org\r\n\r\nLF',
    'bidi \u202Eevil\u202C nul \u0000 lone \uD800 end',
    '{{ unsubscribe_url }} {% if %} <!-- cut: card --> =?UTF-8?Q?no?= --=_paperboy--',
    'T'.repeat(3_000),
    '.\r\n.\r\n..dots',
    '=3D=\t \t= =E2=82 trailing   ',
    '李明 \u{1F642}\u200D\u{1F52C} ζ ﷽ e\u0301 \uFEFF\u00AD',
    '&amp;lt; &#x3C; %0d%0a \\r\\n',
  ];

  test('on a day of hostile papers', async () => {
    const day = '2026-06-10';
    const items = hostile.map((text, i) =>
      makeItem({
        id: `2606.0000${i + 1}`,
        day,
        title: text,
        upvotes: 100 - i,
        paper: {
          summary: `${text} ${hostile[(i + 1) % hostile.length]}\n\n.\n=\n`,
          ai_summary: i % 2 ? text : undefined,
          authors: [
            { name: text, hidden: false },
            { name: 'Ann', hidden: false },
          ],
        },
        item: { organization: { name: text, fullname: text } },
      }),
    );
    await expectEqual(await mailDay(day, items));
  });

  test('on a day of many papers, most of which are not in the mail', async () => {
    const day = '2026-06-10';
    const items = Array.from({ length: 60 }, (_, i) =>
      makeItem({ id: `2606.0${1000 + i}`, day, upvotes: 100 - i, title: `Paper ${i}: ${'long '.repeat(i)}` }),
    );
    await expectEqual(await mailDay(day, items));
  });

  // Real lists, where they stand beside the project: the first, the last, and some between.
  const days = [...sharedDays()].filter(([, items]) => items.length > 0);
  const step = Math.max(1, Math.floor(days.length / 4));
  test('on real days', async () => {
    for (const [index, [day, items]] of days.entries()) {
      if (index % step > 0 && index < days.length - 1) continue;
      await expectEqual(await mailDay(day, items));
      await app.end();
      app = await startTestApp({ now: new Date('2020-01-01T12:00Z') });
    }
  }, 60_000);
});
