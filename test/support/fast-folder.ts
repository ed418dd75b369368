import { constants } from 'node:fs';
import { access, mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
// A cluster is about 40 MB; containers often give no more than 64 MB.
const ENOUGH_BYTES = 1_000_000_000;

/**
 * A fresh folder for a database cluster: in memory where the machine has room there, since a thousand small files cost
 * a disk about a second (measured on ext4; 0.05 s in memory).
 */
export async function fastFolder(prefix: string): Promise<string> {
  const inMemory = await Promise.all([statfs(MEMORY), access(MEMORY, constants.W_OK)]).then(
    ([{ bavail, bsize }]) => bavail * bsize > ENOUGH_BYTES,
    () => false,
  );
  return mkdtemp(join(inMemory ? MEMORY : tmpdir(), prefix));
}
