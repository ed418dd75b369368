import type { App } from '../src/app.ts';
import { ensureSamples, hasPapers } from '../src/papers/index.ts';
import { type Running, runClock } from './clock.ts';
import { runSender } from './sender.ts';
import { runWeb } from './web.ts';

/** Web, clock and sender in one process, with a word on where to look. */
export async function runAll(app: App): Promise<Running> {
  const running: Running[] = [];
  const close = async () => {
    for (const part of running.splice(0).reverse()) await part.close();
  };
  try {
    if (!(await hasPapers(app.db, { sample: false }))) await ensureSamples(app);
    running.push(await runSender(app), await runWeb(app), await runClock(app));
  } catch (error) {
    await close();
    throw error;
  }
  greet(app);
  return { close };
}

function greet({ config, adminToken, adminTokenIsNew }: App): void {
  const lines = [
    '',
    'Paperboy is ready.',
    `  Site   ${config.publicUrl}/`,
    config.smtpServers.length === 0
      ? `  Inbox  http://localhost:${config.inboxPort}/  (catches all mail, since SMTP_URL is not set)`
      : `  Mail   goes to ${config.smtpServers.map((server) => `${server.host}:${server.port}`).join(', ')}`,
    `  Admin  ${config.publicUrl}/admin`,
    ...(adminTokenIsNew
      ? [`         token ${adminToken}  (shown this once; kept in ${config.dataDir}/secrets.json)`]
      : []),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
