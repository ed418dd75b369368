import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configReport } from '../src/platform/index.ts';

// No container engine runs where the tests run: what one would read is read here.

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const yaml = createRequire(import.meta.url)('js-yaml') as { load(text: string): unknown };

const serviceSchema = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  restart: z.string(),
  environment: z.record(z.string(), z.string()).optional(),
  env_file: z.array(z.object({ path: z.string(), required: z.boolean() })).optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  container_name: z.string().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z
    .object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() })
    .loose()
    .optional(),
});
const compose = z
  .object({ services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.null()) })
  .parse(yaml.load(read('docker-compose.yml')));
const own = ['migrate', 'web', 'clock', 'sender'];
const service = (name: string) => {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const settingNames = new Set<string>(configReport({ environment: {} }).map((line) => line.name));

describe('docker-compose.yml', () => {
  it('has the services, and no other', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['postgres', 'valkey', 'mailpit', ...own].sort());
  });

  it.each(own)('runs %s by its verb, hardened, from the one image', (name) => {
    expect(service(name)).toMatchObject({
      build: '.',
      image: 'paperboy',
      command: [name],
      read_only: true,
      tmpfs: ['/tmp'],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      env_file: [{ path: '.env', required: false }],
    });
  });

  it.each(own)('gives %s no setting that the settings table does not have', (name) => {
    const given = Object.keys(service(name).environment ?? {});
    expect(given).toEqual(expect.arrayContaining(['DATABASE_URL', 'REDIS_URL', 'SMTP_URL', 'SECRET_KEY']));
    expect(given.filter((key) => !settingNames.has(key))).toEqual([]);
  });

  it('takes no variable from .env that is neither a setting nor the password of its own database', () => {
    const named = [...read('docker-compose.yml').matchAll(/\$\{(\w+)/g)].map((match) => match[1]);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !settingNames.has(name ?? '') && name !== 'POSTGRES_PASSWORD')).toEqual([]);
  });

  it.each(['postgres', 'valkey', 'mailpit', 'web'])('asks %s for its health', (name) => {
    expect(service(name).healthcheck?.test?.[0]).toBe('CMD');
  });

  it.each(['web', 'clock', 'sender'])(
    'starts %s when database, queue and migration are ready, and again when it falls',
    (name) => {
      expect(service(name)).toMatchObject({
        restart: 'unless-stopped',
        depends_on: {
          postgres: { condition: 'service_healthy' },
          valkey: { condition: 'service_healthy' },
          migrate: { condition: 'service_completed_successfully' },
        },
      });
    },
  );

  it('waits only for services that are there and, where health is asked, tell it', () => {
    for (const { depends_on } of Object.values(compose.services))
      for (const [name, { condition }] of Object.entries(depends_on ?? {}))
        expect(
          condition === 'service_healthy' ? service(name).healthcheck?.test : service(name),
        ).toBeDefined();
  });

  it('migrates once', () => {
    expect(service('migrate')).toMatchObject({ restart: 'no', healthcheck: { disable: true } });
  });

  it('lets the sender scale: no name, no port, no volume of its own', () => {
    expect(service('sender')).not.toHaveProperty('container_name');
    expect(service('sender')).not.toHaveProperty('ports');
    expect(service('sender')).not.toHaveProperty('volumes');
  });

  it('keeps the queue from forgetting jobs', () => {
    expect(service('valkey').command?.join(' ')).toBe(
      'valkey-server --maxmemory-policy noeviction --appendonly yes',
    );
  });

  it('keeps what the database and the queue hold in volumes', () => {
    for (const name of ['postgres', 'valkey']) {
      const volume = service(name).volumes?.[0]?.split(':')[0] ?? '';
      expect(Object.keys(compose.volumes)).toContain(volume);
    }
    // postgres:18 refuses a volume on the older /var/lib/postgresql/data.
    expect(service('postgres').volumes).toEqual(['postgres:/var/lib/postgresql']);
  });

  it('publishes only the page and the inbox', () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports);
    expect(published.map(([name]) => name).sort()).toEqual(['mailpit', 'web']);
  });

  it('asks for a signing key instead of having one in the file', () => {
    expect(service('web').environment?.SECRET_KEY).toMatch(/^\$\{SECRET_KEY:\?.+\}$/);
  });
});

interface Instruction {
  name: string;
  rest: string;
}

/** The Dockerfile's stages: comments gone, continued lines joined. */
function readStages(): { from: string; as: string | undefined; instructions: Instruction[] }[] {
  const stages: { from: string; as: string | undefined; instructions: Instruction[] }[] = [];
  const lines = read('Dockerfile')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  for (const line of lines) {
    const match = /^([A-Z]+)\s+(.+)$/.exec(line);
    if (!match) throw new Error(`The Dockerfile has a line that is no instruction: ${line}`);
    const [, name = '', rest = ''] = match;
    if (name === 'FROM') {
      const [from = '', , as] = rest.split(/\s+/);
      stages.push({ from, as, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, rest });
  }
  return stages;
}

describe('Dockerfile', () => {
  const stages = readStages();
  const last = stages.at(-1);
  const words = (name: string) =>
    (last?.instructions ?? []).filter((i) => i.name === name).map((i) => i.rest);
  const vector = (name: string): unknown => JSON.parse(words(name).at(-1) ?? 'null');

  it('has two stages on one Node that the project allows', () => {
    expect(stages.map((stage) => stage.as)).toEqual(['packages', undefined]);
    expect(new Set(stages.map((stage) => stage.from)).size).toBe(1);
    expect(Number(/^node:(\d+)-.*slim$/.exec(last?.from ?? '')?.[1])).toBeGreaterThanOrEqual(22);
  });

  it('installs the packages of the lock file, those for tests left out, and runs no script of theirs', () => {
    const run = stages[0]?.instructions.find((i) => i.name === 'RUN')?.rest;
    expect(run).toMatch(/^npm ci --omit=dev --ignore-scripts /);
  });

  it('runs as a user that is not root, who owns none of the files', () => {
    expect(words('USER')).toEqual(['node']);
    expect(words('COPY').join(' ')).not.toContain('--chown');
  });

  it('starts the command line as the container process, and ends it by SIGTERM', () => {
    expect(vector('ENTRYPOINT')).toEqual(['node', 'src/cli/paperboy.js']);
    expect(vector('CMD')).toEqual(['--help']);
    expect(words('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('asks for health by a verb', () => {
    expect(words('HEALTHCHECK')[0]).toMatch(/CMD \["node", "src\/cli\/paperboy.js", "health"\]$/);
  });

  it('copies only what is there and what .dockerignore lets through', () => {
    const allowed = new Set(
      read('.dockerignore')
        .split('\n')
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1)),
    );
    const copies = stages.flatMap((stage) => stage.instructions.filter((i) => i.name === 'COPY'));
    const sources = copies
      .filter((copy) => !copy.rest.startsWith('--from='))
      .flatMap((copy) => copy.rest.split(/\s+/).slice(0, -1));
    expect(sources.length).toBeGreaterThan(4);
    for (const source of sources) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(allowed, source).toContain(source);
    }
    expect(new Set(sources)).toEqual(allowed);
  });

  it('holds every folder that the running code reads beside itself', () => {
    const copied = words('COPY').join(' ');
    for (const needed of ['src', 'workers', 'migrations', 'templates', 'package.json'])
      expect(copied).toContain(needed);
  });
});

describe('package-lock.json', () => {
  const lock = z
    .object({
      packages: z.record(
        z.string(),
        z.object({
          version: z.string().optional(),
          resolved: z.string().optional(),
          optionalDependencies: z.record(z.string(), z.string()).optional(),
        }),
      ),
    })
    .parse(JSON.parse(read('package-lock.json')));

  /** Whether a package finds another as Node does: in its own node_modules, then in those above it. */
  function finds(from: string, name: string): boolean {
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
      if (lock.packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`]) return true;
      if (folder === '') return false;
    }
  }

  it('names the binaries of all machines, or `npm ci` refuses it (npm leaves out those that it cannot fetch)', () => {
    const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter((name) => !finds(path, name)),
    );
    expect(missing).toEqual([]);
  });

  it('names no address that packages came from', () => {
    expect(Object.values(lock.packages).filter((entry) => entry.resolved !== undefined)).toEqual([]);
  });
});

describe('.ci/run', () => {
  it('is executable, and leaves nothing out', () => {
    expect(statSync(join(root, '.ci/run')).mode & 0o111).toBe(0o111);
    const script = read('.ci/run');
    expect(script).toMatch(/^#!\/usr\/bin\/env bash\n/);
    expect(script).toContain('set -euo pipefail');
    expect(script).toMatch(/export PAPERBOY_TEST_ALL=1\nnpm test\n$/);
  });
});
