// What the ledger is held against: the same mails to the same sink, without a ledger.

import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import nodemailer from 'nodemailer';
import type { App } from '../../src/app.ts';
import { latestEdition, loadEdition, printDigest } from '../../src/editions/index.ts';

/** Where to, and over how many connections. */
export interface Target {
  port: number;
  pool: number;
}

/** What one would write without Paperboy: the mail's html and text for each reader, through Nodemailer's own pool. */
export async function sendPlainly(app: App, { port, pool }: Target, mails: number): Promise<void> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    ignoreTLS: true,
    pool: true,
    maxConnections: pool,
    maxMessages: Infinity,
  });
  const latest = await latestEdition(app.db, 'daily');
  const edition = latest && (await loadEdition(app.db, latest.id));
  if (!edition) throw new Error('There is no edition.');
  const papers = edition.papers.slice(0, edition.cards).map(({ paperId }) => paperId);
  const contents = { papers, reasons: null, fullAbstracts: 0 };
  await Promise.all(
    Array.from({ length: mails }, (_, n) => {
      const email = `reader${n + 1}@example.org`;
      const slots = {
        unsubscribe_url: app.links.url('unsubscribe', n + 1),
        preferences_url: app.links.url('preferences', n + 1),
        read_url: app.links.url('read', n + 1),
        vote_url: app.links.url('vote', n + 1),
        email,
      };
      return transport.sendMail({
        from: 'Paperboy <digest@example.org>',
        to: email,
        subject: edition.subject,
        html: printDigest(edition, contents, slots, 'html'),
        text: printDigest(edition, contents, slots, 'text'),
      });
    }),
  );
  transport.close();
}

/** The floor: as many bytes, made beforehand, over as many bare sockets, the envelope in one piece. */
export async function sendBare(bytes: Buffer, { port, pool }: Target, mails: number): Promise<void> {
  let left = mails;
  const body = Buffer.concat([bytes, Buffer.from('\r\n.\r\n')]);
  await Promise.all(
    Array.from({ length: pool }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let replies = '';
      let wake = () => {};
      socket.on('data', (chunk) => {
        replies += chunk.toString('latin1');
        wake();
      });
      const reply = async (code: string) => {
        while (!replies.includes(code))
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        replies = '';
      };
      await reply('220 ');
      socket.write('EHLO bench\r\n');
      await reply('250 8');
      while (left > 0) {
        left -= 1;
        socket.write('MAIL FROM:<b@example.org>\r\nRCPT TO:<r@example.org>\r\nDATA\r\n');
        await reply('354 ');
        socket.write(body);
        await reply('taken');
      }
      socket.end('QUIT\r\n');
    }),
  );
}

/** Postfix's load generator, where it is installed. @returns false where it is not */
export function sendWithSmtpSource(bytes: number, { port, pool }: Target, mails: number): boolean {
  const args = [
    '-4',
    '-d',
    '-s',
    String(pool),
    '-m',
    String(mails),
    '-l',
    String(bytes),
    `127.0.0.1:${port}`,
  ];
  return spawnSync('smtp-source', args, { stdio: 'ignore' }).status === 0;
}
