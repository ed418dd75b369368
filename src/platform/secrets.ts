import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Secrets that were not set and so are generated and kept in the data folder. */
export interface Secrets {
  secretKey: string;
  adminToken: string;
  /** True at the first start, when the admin token is shown once. */
  fresh: boolean;
}

/** Another process that has just made the file writes it within this time. */
const WRITTEN_WITHIN_MS = 1_000;

/**
 * Reads `secrets.json` of the data folder, or makes it. Two processes that start at once agree on one: the file is
 * created exclusively.
 *
 * @throws when the file holds something else: links in mails that were sent depend on it, so it is never replaced
 */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, 'secrets.json');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const made = {
    secretKey: randomBytes(32).toString('hex'),
    adminToken: randomBytes(24).toString('base64url'),
  };
  try {
    await writeFile(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return { ...made, fresh: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { ...readSecrets(path, await readWritten(path)), fresh: false };
  }
}

async function readWritten(path: string): Promise<string> {
  for (let waitedMs = 0; ; waitedMs += 20) {
    const text = await readFile(path, 'utf8');
    if (text !== '' || waitedMs >= WRITTEN_WITHIN_MS) return text;
    await delay(20);
  }
}

function readSecrets(path: string, text: string): Omit<Secrets, 'fresh'> {
  try {
    const { secretKey, adminToken } = JSON.parse(text) as Record<string, unknown>;
    if (typeof secretKey === 'string' && secretKey.length >= 32 && typeof adminToken === 'string')
      return { secretKey, adminToken };
  } catch {
    // The parser's message would quote the file.
  }
  throw new Error(
    `${path} is damaged. Restore it, for the links in mails that were sent are signed with its key; or remove it to begin anew, or set SECRET_KEY and ADMIN_TOKEN.`,
  );
}
