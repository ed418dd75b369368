import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeNotice } from '../../../src/outbox/rules/compose.ts';
import { encodeText, listHeaders, messageHeaders, renderHeaders } from '../../../src/outbox/rules/headers.ts';
import { joinMessage, type Memo, newMemo } from '../../../src/outbox/rules/join-message.ts';

const hostile = fc.string({
  unit: fc.constantFrom('.', '..', '\n.', '\r\n.', '\r\n.\r\n', ' ', 'a', 'word', '=', 'é', '\u{1f600}', '-'),
  maxLength: 60,
});

/** A notice of a text, a slot, and a text. */
const noticeOf = (before: string, after: string) => {
  const parts = [before, { slot: 'email' as const }, after];
  return encodeNotice({ html: { format: 'html', parts }, text: { format: 'text', parts } });
};

test('no line of a message begins with a dot, whatever it says, and each ends with CRLF', () => {
  const memo: Memo = newMemo();
  fc.assert(
    fc.property(
      hostile,
      hostile,
      hostile,
      hostile,
      fc.array(hostile),
      (title, before, slot, after, reasons) => {
        const headers = renderHeaders([
          ...messageHeaders(
            {
              from: { name: title, address: 'digest@papers.example.org' },
              to: 'ada@example.org',
              messageId: 'x@papers.example.org',
              date: new Date('2026-06-11T07:00Z'),
            },
            encodeText(title, 'Subject: '.length),
            'a:b:c:d',
          ),
          ...listHeaders({
            name: 'Papers',
            label: 'daily',
            mailDomain: 'papers.example.org',
            publicUrl: 'https://papers.example.org',
            unsubscribeUrl: 'https://papers.example.org/unsubscribe/x',
            unsubscribeMailbox: 'unsubscribe+x@papers.example.org',
          }),
        ]);
        const pieces = [{ piece: noticeOf(before, after), reasons }];
        const message = joinMessage(headers, pieces, { email: slot }, memo).toString('latin1');
        expect(message).not.toMatch(/^\.|\r\n\.|[^\r]\n|\r[^\n]/);
        expect(message.endsWith('\r\n')).toBe(true);
      },
    ),
  );
});
