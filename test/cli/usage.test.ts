import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envExample } from '../../src/platform/index.ts';
import { paperboy, paperboyHere } from './run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paperboy-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const here = (words: string, environment: Record<string, string> = {}) =>
  paperboyHere(words, { folder, environment });

const verbs = [
  'all',
  'web',
  'clock',
  'sender',
  'migrate',
  'ingest',
  'assemble',
  'preview',
  'deliver',
  'verify',
  'editions',
  'deliveries',
  'subscribers',
  'config',
  'demo',
  'health',
];

describe('help', () => {
  it('lists every verb, and the exit codes', async () => {
    const { code, out } = await here('--help');
    expect(code).toBe(0);
    const listed = [...out.matchAll(/^ {2}([a-z]+)(?: \[|$| {2})/gm)].map((match) => match[1]);
    expect(listed.sort()).toEqual([...verbs].sort());
    expect(out).toContain('Exit codes: 0 done');
    // For those who work on Paperboy; not a promise to anybody.
    expect(out).not.toContain('env-example');
  });

  it.each([
    ...verbs,
    'deliveries list',
    'deliveries show',
    'deliveries retry',
    'deliveries resend',
    'deliveries drop',
    'editions list',
    'editions pause',
    'editions resume',
    'editions cancel',
    'subscribers add',
    'subscribers show',
    'subscribers list',
    'subscribers import',
    'subscribers unsubscribe',
  ])('%s --help says how it is used', async (verb) => {
    const { code, out, err } = await here(`${verb} --help`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: paperboy ${verb}\\b`));
  });

  it('subscribers import --help says how lists are written', async () => {
    const { out } = await here('subscribers import --help');
    expect(out).toContain('a semicolon inside an entry is written \\;');
    expect(out).toContain('followed as a search of its words');
  });

  it.each(['ingest', 'assemble', 'preview', 'deliver', 'demo', 'subscribers add', 'all', 'clock'])(
    '%s acts on time and takes --now',
    async (verb) => expect((await here(`${verb} --help`)).out).toContain('--now <moment>'),
  );

  it.each([
    'migrate',
    'ingest',
    'assemble',
    'deliver',
    'demo',
    'editions pause',
    'editions cancel',
    'deliveries retry',
    'deliveries drop',
    'subscribers add',
    'subscribers import',
    'subscribers unsubscribe',
  ])('%s changes things and takes --dry-run', async (verb) =>
    expect((await here(`${verb} --help`)).out).toContain('--dry-run'),
  );

  it.each(['verify', 'deliveries list', 'deliveries show', 'subscribers list', 'subscribers show', 'config'])(
    '%s lists and takes --json',
    async (verb) => expect((await here(`${verb} --help`)).out).toContain('--json'),
  );
});

describe('a command that is not written as it must be', () => {
  it.each([
    ['bogus', "unknown command 'bogus'"],
    ['confg', 'Did you mean config?'],
    ['config --colour', "unknown option '--colour'"],
    ['assemble', "required option '--date <day>' not specified"],
    ['assemble --date 2026-02-30', 'must be in the calendar'],
    ['assemble --date yesterday', 'A day is written YYYY-MM-DD'],
    ['assemble --date 2026-11-20 --cadence hourly', 'Allowed choices are daily, weekly'],
    ['preview --date 2026-11-20 --format pdf', 'Allowed choices are html, text, eml'],
    ['deliver --now noon', 'A moment is written with its offset'],
    // Without its offset it would mean another moment on each machine.
    ['deliver --now 2026-11-22T07:00:00', 'A moment is written with its offset'],
    ['deliver --now 2026-02-31T07:00:00Z', 'must be in the calendar'],
    ['verify twelve', 'must be a whole number'],
    ['verify 1 --date 2026-11-20', 'not by both'],
    ['deliveries show 0', 'must be a whole number'],
    ['deliveries list --state lost', 'Allowed choices are planned'],
    ['ingest --source gopher', 'Allowed choices are huggingface, arxiv, file'],
    ['ingest --file a.json --date 2026-11-20', 'do not go together'],
    ['ingest --file a.json --source huggingface', 'Leave one out'],
    ['subscribers add', "missing required argument 'email'"],
    [
      'subscribers add a@example.org --hour 24 --days 8 --max-papers 0',
      '--hour: Give a whole number from 0 to 23.',
    ],
    ['subscribers add a@example.org b@example.org', 'too many arguments'],
  ])('%s: exit code 2 and a sentence', async (words, sentence) => {
    const { code, out, err } = await here(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('names all faults of a reader at once', async () => {
    const { err } = await here(
      'subscribers add a@example.org --hour x --days 8 --max-papers 0 --timezone Mars/Base',
    );
    for (const flag of ['--hour', '--days', '--max-papers', '--timezone'])
      expect(err).toContain(`${flag}: Give`);
  });
});

const faulty = { PORT: 'abc', SMTP_URL: 'http://x', EDITION_AT: '25:00', SECRET_KEY: 'hunter2-hunter2' };

describe('settings', () => {
  it('names all faults at once, each with its remedy, and no secret', async () => {
    // In a process of its own: this is what a container's log shows.
    const { code, out, err } = await paperboy('clock', {
      folder,
      environment: { ...faulty, DKIM_DOMAIN: 'example.org' },
    });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('The settings have 5 faults:');
    for (const name of [...Object.keys(faulty), 'DKIM_DOMAIN']) expect(err).toContain(`- ${name}`);
    expect(err).not.toContain('hunter2');
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('refuses production without what real mail needs', async () => {
    const { code, err } = await here('migrate', { NODE_ENV: 'production' });
    expect(code).toBe(2);
    for (const name of ['SECRET_KEY', 'PUBLIC_URL', 'POSTAL_ADDRESS', 'MAIL_FROM', 'SMTP_URL'])
      expect(err).toContain(`- ${name}`);
  });

  it('shows each with its value and where it came from; the environment wins; secrets are hidden', async () => {
    await writeFile(
      join(folder, '.env'),
      'PORT=4000\nHOST=127.0.0.1\nSMTP_URL="smtp://user:swordfish@mail.example.org"\n# LOG_LEVEL=debug\n',
    );
    const environment = { PORT: '5000', DATABASE_URL: 'postgres://paperboy:swordfish@db/paperboy' };
    const [json, text] = await Promise.all([here('config --json', environment), here('config', environment)]);
    const { settings, faults } = JSON.parse(json.out) as {
      settings: { name: string; value: string; from: string }[];
      faults: string[];
    };
    const of = (name: string) => settings.find((line) => line.name === name);
    expect({ code: json.code, err: json.err, faults }).toEqual({ code: 0, err: '', faults: [] });
    expect(of('PORT')).toMatchObject({ value: '5000', from: 'environment' });
    expect(of('HOST')).toMatchObject({ value: '127.0.0.1', from: '.env' });
    expect(of('SMTP_URL')).toMatchObject({ value: '(hidden)', from: '.env' });
    expect(of('DATABASE_URL')).toMatchObject({ value: '(hidden)', from: 'environment' });
    expect(of('LOG_LEVEL')).toMatchObject({ value: 'info', from: 'default' });
    expect(text.out).toMatch(/^PORT +5000 +environment$/m);
    expect(json.out + text.out).not.toContain('swordfish');
    await rm(join(folder, '.env'));
  });

  it('shows faulty ones too, with their faults', async () => {
    const [json, text] = await Promise.all([here('config --json', faulty), here('config', faulty)]);
    expect(json.code).toBe(2);
    expect((JSON.parse(json.out) as { faults: string[] }).faults).toHaveLength(4);
    expect(text.code).toBe(2);
    expect(text.out).toMatch(/^PORT +abc +environment$/m);
    expect(text.err).toContain('The settings have 4 faults:');
    expect(json.out + text.out + text.err).not.toContain('hunter2');
  });

  it('are documented in .env.example, which is written anew by: npm run env-example', async () => {
    const file = await readFile(join(import.meta.dirname, '../../.env.example'), 'utf8');
    expect(file.trimEnd()).toBe(envExample().trimEnd());
    expect((await here('env-example')).out).toBe(file);
  });
});
