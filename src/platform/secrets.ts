import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets that were not set and so are generated and kept in the data folder. */
export interface Secrets {
  secretKey: string;
  adminToken: string;
  /** True at the first start, when the admin token is shown once. */
  fresh: boolean;
}

/**
 * Reads `secrets.json` of the data folder, or makes it. Two processes that start at once agree on one: the file is
 * created exclusively.
 */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, 'secrets.json');
  const read = async () => JSON.parse(await readFile(path, 'utf8')) as Omit<Secrets, 'fresh'>;
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
    return { ...(await read()), fresh: false };
  }
}
