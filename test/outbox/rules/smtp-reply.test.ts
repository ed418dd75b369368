import { expect, test } from 'vitest';
import { classifyRefusal, readReply } from '../../../src/outbox/rules/smtp-reply.ts';

test.each([
  ['550 5.1.1 The email account that you tried to reach does not exist', 'rcpt', 'reader'],
  ['550 No such user here', 'rcpt', 'reader'],
  ['553 sorry, no mailbox here by that name', 'rcpt', 'reader'],
  ['552 5.2.2 Mailbox full', 'rcpt', 'reader'],
  ['550 5.7.1 Service unavailable; client host blocked using a blocklist', 'rcpt', 'ours'],
  ['550-5.7.26 Your email has been blocked because the sender is unauthenticated', 'data', 'ours'],
  [
    '550 5.7.515 Access denied, sending domain does not meet the required authentication level',
    'data',
    'ours',
  ],
  ['554 Blocked by spam policy', 'rcpt', 'ours'],
  ['554 Message rejected', 'data', 'ours'],
  ['530 Authentication required', 'mail', 'ours'],
  ['550 5.6.7 SMTPUTF8 is needed', 'rcpt', 'ours'],
  ['451 4.7.1 Greylisted, try again', 'rcpt', 'retry'],
  ['421 4.3.2 shutting down', 'connect', 'retry'],
  ['452 too many recipients', 'rcpt', 'retry'],
  ['', 'data', 'retry'],
] as const)('%s at %s is %s', (reply, stage, verdict) => {
  expect(classifyRefusal(readReply(reply), stage)).toBe(verdict);
});

test('a reply of several lines is one line, cut to a length that the ledger keeps', () => {
  const reply = readReply(`550-5.1.1 No such user\r\n550 5.1.1 ${'x'.repeat(1000)}\0`);
  expect(reply).toMatchObject({ code: 550, status: '5.1.1' });
  expect(reply.text).toMatch(/^550-5\.1\.1 No such user 5\.1\.1 x+$/);
  expect(reply.text.length).toBeLessThanOrEqual(300);
});
