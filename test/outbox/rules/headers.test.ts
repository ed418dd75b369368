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

test('no line is over 78 octets, none with encoded words over 76; every octet is ASCII, and nothing can begin a header of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      for (const [index, line] of `Subject: ${encodeText(text, 9)}`.split('\r\n').entries()) {
        expect(line.length).toBeLessThanOrEqual(line.includes('=?') ? 76 : 78);
        expect(line).toMatch(/^[\x20-\x7e]*$/);
        if (index > 0) expect(line.startsWith(' ')).toBe(true);
      }
    }),
  );
});

test('what a parser reads back is what was given, but for control characters and white space', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
      const clean = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
      fc.pre(!/\s\s/.test(clean));
      expect((await subjectOf(text)) ?? '').toBe(clean);
    }),
  );
});

test('a long name leaves the address a line of its own, and no line with encoded words over 76', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom('a', 'é', '李', ' ', '"'), maxLength: 60 }),
      async (name) => {
        const line = `From: ${mailbox({ name, address: 'digest@a-rather-long-domain.example.org' })}`;
        for (const part of line.split('\r\n'))
          if (part.includes('=?')) expect(part.length).toBeLessThanOrEqual(76);
        const { from } = await simpleParser(Buffer.from(`${line}\r\n\r\nx`));
        expect(from?.value[0]?.address).toBe('digest@a-rather-long-domain.example.org');
        expect(from?.value[0]?.name.replace(/\s+/g, ' ')).toBe(name.trim().replace(/\s+/g, ' '));
      },
    ),
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
