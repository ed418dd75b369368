// Makes the README's picture from the running service: `npm run picture`. A demo edition goes through the ledger and
// over SMTP into a local inbox, and the mail that came is photographed.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../src/app.ts';
import { runCommandLine } from '../src/cli/program.ts';
import { readConfig } from '../src/platform/index.ts';
import { launchChromium } from './support/chromium.ts';
import { freePorts } from './support/ports.ts';

interface Mail {
  id: string;
  to: { address: string }[];
}

const PICTURE = 'docs/digest.png';
const dataDir = await mkdtemp(join(tmpdir(), 'paperboy-picture-'));
const [inboxPort = 0, smtpPort = 0] = await freePorts(2);
const environment = {
  DATA_DIR: dataDir,
  INBOX_PORT: String(inboxPort),
  INBOX_SMTP_PORT: String(smtpPort),
  PUBLIC_URL: 'https://papers.example.org',
  POSTAL_ADDRESS: '12 Newspaper Row, Springfield',
  LOG_LEVEL: 'warn',
};
const app = await createApp({ config: readConfig({ environment }) });
try {
  await app.sending();
  const code = await runCommandLine(['demo'], {
    environment,
    folder: dataDir,
    stdout: process.stdout,
    stderr: process.stderr,
  });
  if (code !== 0) throw new Error('The demo failed; there is nothing to photograph.');
  const answer = await fetch(`http://localhost:${inboxPort}/api/email`);
  const body = (await answer.json()) as Mail[] | { emails: Mail[] };
  // Of the one who follows something.
  const mail = (Array.isArray(body) ? body : body.emails).find(({ to }) => to[0]?.address.startsWith('ada@'));
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 720, height: 1000 }, deviceScaleFactor: 1.5 });
  // The inbox serves a mail's HTML without its charset, so the text is put in by hand.
  const shown = await fetch(`http://localhost:${inboxPort}/api/email/${mail?.id}/html`);
  await page.setContent(await shown.text());
  await page.screenshot({ path: PICTURE });
  await browser.close();
  console.log(`${PICTURE} shows a mail of the inbox.`);
} finally {
  await app.close();
  await rm(dataDir, { recursive: true, force: true });
}
