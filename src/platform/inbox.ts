import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** The local inbox: an SMTP server that keeps what it gets and a page that shows it. */
export interface Inbox {
  smtpPort: number;
  /** True when this process started it. */
  owned: boolean;
  stop(): Promise<void>;
}

export interface InboxOptions {
  /** Mails are kept in `inbox/` here, so that those of yesterday's run are still there. */
  dataDir: string;
  smtpPort: number;
  webPort: number;
}

/** Does an SMTP server greet on this port of the loopback? */
function greets(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    const end = (result: boolean) => {
      socket.destroy();
      answer(result);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.once('data', (bytes) => end(bytes.toString().startsWith('220')));
    socket.once('error', () => end(false));
  });
}

/** MailDev 3.0 says where it listens even when it is told to be silent; a verb's output is its own. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const { log, info } = console;
  console.log = console.info = () => {};
  try {
    return await work();
  } finally {
    Object.assign(console, { log, info });
  }
}

/**
 * Starts the inbox on the loopback, or joins the one that a running service has on the same port.
 *
 * @throws when the ports are taken by something else, naming the settings to change
 */
export async function startInbox({ dataDir, smtpPort, webPort }: InboxOptions): Promise<Inbox> {
  if (smtpPort !== 0 && (await greets(smtpPort))) return { smtpPort, owned: false, stop: async () => {} };
  const mailDirectory = join(dataDir, 'inbox');
  await mkdir(mailDirectory, { recursive: true, mode: 0o700 });
  // Loaded late: it takes longer to load than all the rest, and most verbs need no inbox.
  const { MailDev } = await import('maildev');
  // A thousand mails are enough to look at and few enough to hold in memory.
  const inbox = new MailDev({
    smtp: smtpPort,
    web: webPort,
    ip: '127.0.0.1',
    webIp: '127.0.0.1',
    mailDirectory,
    maxEmails: 1_000,
    silent: true,
  });
  try {
    const servers = await quietly(() => inbox.start());
    const address = servers.smtp.getAddress?.();
    return {
      smtpPort: address && typeof address === 'object' ? address.port : smtpPort,
      owned: true,
      stop: () => inbox.stop(),
    };
  } catch (cause) {
    await inbox.stop().catch(() => {});
    throw new Error(
      `The local inbox could not start on ports ${smtpPort} and ${webPort}: ${(cause as Error).message}. Set INBOX_SMTP_PORT and INBOX_PORT to free ports, or SMTP_URL to a server of your own.`,
      { cause },
    );
  }
}
