import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// A small project with real packages from its own folder, so that the real `npm ci` runs without a network.

const script = join(import.meta.dirname, '../../src/cli/ensure-installed.js');
let base: string;
let made = 0;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'paperboy-install-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  said: string;
}

function run(folder: string, args: string[] = [], nodeArgs: string[] = []): Promise<Ended> {
  const child = spawn(process.execPath, [...nodeArgs, join(folder, 'src/cli/ensure-installed.js'), ...args], {
    // npm's settings of the run that these tests are part of are not the small project's.
    env: {
      PATH: process.env.PATH,
      HOME: base,
      NODE_ENV: 'production',
      npm_config_cache: join(base, 'cache'),
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said += data.toString();
    });
  return new Promise((ended, failed) => {
    child.once('error', failed);
    child.once('close', (code) => ended({ code, said }));
  });
}

async function makeProject(): Promise<string> {
  const folder = join(base, `project-${made++}`);
  await mkdir(join(folder, 'src/cli'), { recursive: true });
  await cp(script, join(folder, 'src/cli/ensure-installed.js'));
  const manifest = { name: 'small', version: '1.0.0', type: 'module' };
  const wanted = { dependencies: { one: 'file:one.tgz' }, devDependencies: { two: 'file:two.tgz' } };
  for (const name of ['one', 'two']) {
    const source = join(folder, 'sources', name);
    await mkdir(source, { recursive: true });
    await writeFile(join(source, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
    await npm(source, ['pack', '--pack-destination', folder]);
    await cp(join(folder, `${name}-1.0.0.tgz`), join(folder, `${name}.tgz`));
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, ...wanted }));
  await npm(folder, ['install', '--package-lock-only']);
  return folder;
}

async function npm(cwd: string, args: string[]): Promise<void> {
  const child = spawn('npm', [...args, '--offline', '--no-audit', '--no-fund', '--silent'], {
    cwd,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: base, npm_config_cache: join(base, 'cache') },
  });
  const code = await new Promise((ended) => child.once('close', ended));
  if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}`);
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('ensure-installed', () => {
  let project: string;
  beforeAll(async () => {
    project = await makeProject();
  });

  it('installs what is missing, once, and what it needs to run in production', async () => {
    const first = await run(project);
    expect(first).toMatchObject({ code: 0, said: expect.stringMatching(/^Installing [^\n]+\n$/) });
    expect(await exists(join(project, 'node_modules/one'))).toBe(true);
    expect(await exists(join(project, 'node_modules/two'))).toBe(false);
    expect(await run(project)).toEqual({ code: 0, said: '' });
    expect(await exists(join(project, '.installing'))).toBe(false);
  });

  it('installs the packages for tests when they are asked for, and is content with them after', async () => {
    expect((await run(project, ['--dev'])).said).toContain('Installing');
    expect(await exists(join(project, 'node_modules/two'))).toBe(true);
    expect(await run(project, ['--dev'])).toEqual({ code: 0, said: '' });
    expect(await run(project)).toEqual({ code: 0, said: '' });
  });

  it('lets two that start at once install one after the other, the second nothing', async () => {
    await rm(join(project, 'node_modules'), { recursive: true });
    // A guard that a killed run left behind is not waited for.
    await writeFile(join(project, '.installing'), '999999999');
    const both = await Promise.all([run(project), run(project)]);
    expect(both.map((ended) => ended.code)).toEqual([0, 0]);
    expect(both.filter((ended) => ended.said.includes('Installing the packages'))).toHaveLength(1);
    expect(await exists(join(project, 'node_modules/one'))).toBe(true);
  });

  it('installs again when the lock file asks for another version', async () => {
    const lock = join(project, 'package-lock.json');
    const text = await readFile(lock, 'utf8');
    try {
      // The account that npm keeps of its install no longer agrees; `npm ci` then finds the lock file wrong and says so.
      await writeFile(lock, text.replaceAll('"version": "1.0.0"', '"version": "2.0.0"'));
      expect((await run(project)).said).toContain('Installing');
    } finally {
      await writeFile(lock, text);
    }
    expect((await run(project)).code).toBe(0);
  });

  it("fails with npm's code and a remedy", async () => {
    const broken = join(base, 'broken');
    await cp(project, broken, { recursive: true });
    await rm(join(broken, 'node_modules'), { recursive: true, force: true });
    const lock = join(broken, 'package-lock.json');
    await writeFile(join(broken, 'package.json'), '{"name":"small","dependencies":{"three":"1.0.0"}}');
    const ended = await run(broken);
    expect(ended.code).toBe(1);
    expect(ended.said).toContain('`npm ci` failed; its words are above.');
    expect(await exists(join(broken, '.installing'))).toBe(false);
    await rm(lock);
    expect(await run(broken)).toMatchObject({ code: 1, said: expect.stringContaining('Get a whole copy') });
  });

  it('says which Node it needs', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { node: '20.18.3' } })`;
    const ended = await run(project, [], ['--import', `data:text/javascript,${encodeURIComponent(older)}`]);
    expect(ended).toEqual({
      code: 1,
      said: expect.stringContaining('needs Node 20.19 or newer; this is 20.18.3.'),
    });
  });
});
