import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { expect, test } from 'vitest';
import { dateHeader, encodeText, mailbox } from '../../../src/outbox/rules/headers.ts';

const subjectOf = async (text: string) =>
  (await simpleParser(Buffer.from(`Subject: ${encodeText(text, 9)}\r\nFrom: <a@b.c>\r\n\r\nx`))).subject;

test.each([
  'Daily papers, 10 June 2026: Attention Is All You Need',
  'Zetta ζ, FürElise and μLO: 李 🙂',
  'A very long ASCII title that must be folded somewhere because it is longer than seventy-six columns of text in all',
  'x'.repeat(300),
  '=?UTF-8?Q?not_an_encoded_word?=',
  'Let’s <think> about "quotes" & $200k',
])('a parser reads back the subject %j', async (text) => {
  expect(await subjectOf(text)).toBe(text);
});

test('no line is over 78 octets, every octet is ASCII, and nothing can begin a header of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      for (const [index, line] of `Subject: ${encodeText(text, 9)}`.split('\r\n').entries()) {
        expect(line.length).toBeLessThanOrEqual(index === 0 ? 88 : 78);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        if (index > 0) expect(line.startsWith(' ')).toBe(true);
      }
    }),
  );
});

test('CR, LF and NUL in a subject become spaces', async () => {
  expect(await subjectOf('a\r\nBcc: evil@example.org\0b')).toBe('a Bcc: evil@example.org b');
});

test('a name is quoted or encoded, never left to be read as addresses', async () => {
  for (const name of ['Paperboy', 'A "B" \\ C', 'Zoë, the <Reader>', 'evil@example.org, other']) {
    const parsed = await simpleParser(
      Buffer.from(`From: ${mailbox({ name, address: 'd@papers.example.org' })}\r\n\r\nx`),
    );
    expect(parsed.from?.value).toEqual([{ name, address: 'd@papers.example.org' }]);
  }
});

test('the date is RFC 5322, in UTC', () => {
  expect(dateHeader(new Date('2026-06-10T07:08:09Z'))).toBe('Wed, 10 Jun 2026 07:08:09 +0000');
});
