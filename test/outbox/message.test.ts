import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, tickAll } from '../support/day.ts';
import { addressesOf, type Received } from '../support/smtp.ts';
import { makeItem } from '../support/upstream.ts';

let app: TestApp;
let mail: Received;

const HOSTILE = [
  '<script>alert(1)</script> & "quotes" \'single\' </td></table>',
  'CR\r\nBcc: evil@example.org\r\n\r\nLF',
  'bidi \u202Eevil\u202C nul \u0000 lone \uD800 end',
  '{{ unsubscribe_url }} {% if %} <!-- card --> %%slot%%',
  'T'.repeat(10_000),
  '.\r\n.\r\n..dots',
];

beforeAll(async () => {
  const day = '2026-06-10';
  const items = HOSTILE.map((title, i) =>
    makeItem({
      id: `2606.0000${i + 1}`,
      day,
      title,
      upvotes: 100 - i,
      ...(i === 0 && {
        paper: { authors: Array.from({ length: 573 }, (_, n) => ({ name: `Ann ${n}`, hidden: false })) },
      }),
    }),
  );
  app = await startTestApp({ now: new Date('2026-06-10T12:00Z'), days: { [day]: items } });
  await addReader(app, 'ada@example.org');
  app.clock.set(new Date('2026-06-11T02:00Z'));
  await tickAll(app);
  app.clock.set(new Date('2026-06-11T07:00Z'));
  await drain(app);
  const [first] = app.sink.received;
  if (!first) throw new Error('No mail came.');
  mail = first;
});
afterAll(() => app.end());

const headerLines = () => mail.raw.toString('latin1').split('\r\n\r\n')[0]?.split('\r\n') ?? [];
const header = (name: string) => {
  const unfolded = headerLines()
    .join('\r\n')
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  return unfolded
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 2));
};

test('each header that must be there is there once', () => {
  for (const name of [
    'From',
    'To',
    'Subject',
    'Date',
    'Message-ID',
    'MIME-Version',
    'Content-Type',
    'List-Id',
    'List-Unsubscribe',
    'List-Unsubscribe-Post',
    'List-Help',
    'List-Archive',
    'Feedback-ID',
    'Auto-Submitted',
  ])
    expect(header(name), name).toHaveLength(1);
  expect(header('Bcc')).toEqual([]);
});

test('the way out is one https link and one mailbox, as RFC 8058 asks', () => {
  const token = '[A-Za-z0-9_-]{28}';
  expect(header('List-Unsubscribe')[0]).toMatch(
    new RegExp(
      `^<https://papers\\.example\\.org/unsubscribe/${token}>, <mailto:unsubscribe\\+${token}@papers\\.example\\.org>$`,
    ),
  );
  expect(header('List-Unsubscribe-Post')).toEqual(['List-Unsubscribe=One-Click']);
  expect(header('List-Id')).toEqual(['"Paperboy papers" <daily.papers.example.org>']);
});

test('one envelope, one recipient, a return path that names the delivery and belongs to our domain', () => {
  expect(mail.to).toEqual(['ada@example.org']);
  expect(addressesOf(mail.parsed.to)).toEqual(['ada@example.org']);
  expect(mail.from).toMatch(/^b\+[\w-]{28}@papers\.example\.org$/);
  expect(mail.from.split('@')[0]?.length).toBeLessThanOrEqual(64);
  expect(app.links.readBounceAddress(mail.from, 'papers.example.org')).toBeGreaterThan(0);
});

test('bytes: CRLF only, ASCII only, no line over 78 octets in the head and 76 in the bodies', () => {
  const text = mail.raw.toString('latin1');
  expect(text.replace(/\r\n/g, '')).not.toMatch(/[\r\n\0]|[^\x20-\x7e\t]/);
  const [head = '', ...body] = text.split('\r\n\r\n');
  // A link is not folded: signatures have broken over that. With a short PUBLIC_URL it fits all the same.
  for (const line of head.split('\r\n'))
    expect(line.length).toBeLessThanOrEqual(line.includes('https://') ? 90 : 78);
  for (const line of body.join('\r\n\r\n').split('\r\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(mail.raw.length).toBeLessThan(100_000);
});

test('text first, HTML second, both whole; every hostile title is text in each', () => {
  const { text = '', html } = mail.parsed;
  const page = String(html);
  expect(mail.raw.indexOf('text/plain')).toBeLessThan(mail.raw.indexOf('text/html'));
  expect(page.trim()).toMatch(/^<!doctype html>[\s\S]*<\/html>$/i);
  expect(page).not.toMatch(/<script|undefined|NaN|http:\/\/(?!www\.w3\.org)/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text).toContain('<script>alert(1)</script>');
  expect(text).not.toMatch(/[\u202a-\u202e\0]|&lt;|&amp;/);
  for (const purpose of ['unsubscribe', 'preferences', 'read']) {
    const link = new RegExp(`https://papers\\.example\\.org/${purpose}/[\\w-]{28}`);
    expect(text).toMatch(link);
    expect(page).toMatch(link);
  }
  expect(text).toContain('1 Test Street, Testville');
});
