import { chown, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What is remembered beside the cluster. */
export interface Remembered {
  password: string;
  /** Asked for again at the next start, so that an address that was noted down stays good. */
  port: number;
}

/** The file beside the cluster that holds its password. */
export class Memory {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = join(resolve(dataDir), 'postgres.json');
  }

  /** Undefined when there is none. @throws when it is there and cannot be read */
  async read(): Promise<Remembered | undefined> {
    try {
      return JSON.parse(await readFile(this.path, 'utf8')) as Remembered;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new Error(`${this.path} cannot be read: ${(error as Error).message}. Restore that file.`, {
        cause: error,
      });
    }
  }

  async write(state: Remembered): Promise<void> {
    await writeFile(`${this.path}.new`, JSON.stringify(state), { mode: 0o600 });
    // What root writes into a user's folder stays that user's.
    if (process.getuid?.() === 0) {
      const { uid, gid } = await stat(dirname(this.path));
      await chown(`${this.path}.new`, uid, gid);
    }
    await rename(`${this.path}.new`, this.path);
  }
}
