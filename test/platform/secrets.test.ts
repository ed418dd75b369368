import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecrets } from '../../src/platform/index.ts';

let base: string;
let dataDir: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'paperboy-secrets-'));
  dataDir = join(base, 'deep', 'data');
});
afterEach(() => rm(base, { recursive: true, force: true }));

test('are made once, long and random, for the eyes of their owner alone', async () => {
  const made = await loadSecrets(dataDir);
  expect(made).toEqual({
    secretKey: expect.stringMatching(/^[0-9a-f]{64}$/),
    adminToken: expect.stringMatching(/^[\w-]{32}$/),
    fresh: true,
  });
  expect((await stat(join(dataDir, 'secrets.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  expect(await loadSecrets(dataDir)).toEqual({ ...made, fresh: false });
  expect((await loadSecrets(join(base, 'other'))).secretKey).not.toBe(made.secretKey);
});

test('ten that start at once agree, and one of them made them', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => loadSecrets(dataDir)));
  expect(new Set(all.map((one) => `${one.secretKey} ${one.adminToken}`)).size).toBe(1);
  expect(all.filter((one) => one.fresh)).toHaveLength(1);
  expect(await readdir(dataDir)).toEqual(['secrets.json']);
});

test('one that another process has just created is waited for', async () => {
  const made = await loadSecrets(dataDir);
  const path = join(dataDir, 'secrets.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, '');
  const loading = loadSecrets(dataDir);
  setTimeout(() => writeFile(path, text), 50);
  expect(await loading).toEqual({ ...made, fresh: false });
});

test('a file that cannot be read is not replaced, and the message names the remedy and no secret', async () => {
  await loadSecrets(dataDir);
  const path = join(dataDir, 'secrets.json');
  for (const text of ['{"secretKey":"swordfish', '{}', '', '{"secretKey":5,"adminToken":"swordfish"}']) {
    await writeFile(path, text);
    const message = await loadSecrets(dataDir).then(
      () => 'nothing was wrong',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/secrets\.json is damaged\. Restore it, .* or set SECRET_KEY and ADMIN_TOKEN\.$/);
    expect(message).not.toContain('swordfish');
    expect(await readFile(path, 'utf8')).toBe(text);
  }
});
