import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Files, inspectHouse, type Rule, readHouse } from './support/house.ts';

const root = join(import.meta.dirname, '..');

const dependencies = new Set([
  'express',
  'zod',
  'pg',
  'nodemailer',
  'bullmq',
  'node-cron',
  'mjml',
  'commander',
]);

// A small house that keeps every rule; each bad example is this house with one file made worse.
const goodHouse: Readonly<Record<string, string>> = {
  'src/platform/index.ts': `export { type Db, openDatabase } from './db.ts';`,
  'src/platform/db.ts': `import pg from 'pg';
    export interface Db { pool: pg.Pool }
    // import nothing from 'express'; process.env is not read in a comment
    export const openDatabase = (): string => process.env.DATABASE_URL ?? "import { x } from '../web/index.ts'";`,
  'src/papers/index.ts': `export { ingest } from './ingest.ts';\nexport { type Paper, titleOf } from './rules/paper.ts';`,
  'src/papers/ingest.ts': `import { type Db, openDatabase } from '../platform/index.ts';
    import { titleOf } from './rules/paper.ts';
    export const ingest = (db: Db) => [db, openDatabase(), titleOf];`,
  'src/papers/rules/paper.ts': `import { createHash } from 'node:crypto';
    import { z } from 'zod';
    export interface Paper { title: string }
    export const titleOf = (paper: Paper) => [z, createHash, paper.title];`,
  'src/subscribers/index.ts': `export { subscribe } from './subscribe.ts';`,
  'src/subscribers/subscribe.ts': 'export const subscribe = () => 1;',
  'src/editions/index.ts': `export { choose } from './rules/choose.ts';`,
  'src/editions/rules/choose.ts': `import { titleOf } from '../../papers/rules/paper.ts';
    import type { Paper } from '../../papers/index.ts';
    export const choose = (paper: Paper) => titleOf(paper);`,
  'src/outbox/index.ts': `export { send } from './send.ts';`,
  'src/outbox/send.ts': `import SmtpConnection from 'nodemailer/lib/smtp-connection';\nexport const send = () => SmtpConnection;`,
  'src/app.ts': `import { ingest } from './papers/index.ts';\nexport const app = { ingest };`,
  'src/web/index.ts': `export { createWeb } from './web.ts';`,
  'src/web/web.ts': `import express from 'express';\nimport { app } from '../app.ts';\nexport const createWeb = () => [express, app];`,
  'workers/clock.ts': `import cron from 'node-cron';\nimport { app } from '../src/app.ts';\nexport const runClock = () => [cron, app];`,
  'src/cli/main.ts': `import { Command } from 'commander';\nimport { runClock } from '../../workers/clock.ts';
    export const main = [Command, runClock, process.env];`,
};

const houseWith = (changes: Record<string, string>): Files =>
  new Map(Object.entries({ ...goodHouse, ...changes }));

interface BadExample {
  what: string;
  rule: Rule;
  file: string;
  text: string;
}

const badExamples: BadExample[] = [
  {
    what: 'a room imports a higher floor',
    rule: 'wrong-floor',
    file: 'src/papers/up.ts',
    text: `import { choose } from '../editions/index.ts'; export const up = choose;`,
  },
  {
    what: 'only a type is imported from a higher floor',
    rule: 'wrong-floor',
    file: 'src/papers/up.ts',
    text: `import type { app } from '../app.ts'; export type Up = typeof app;`,
  },
  {
    what: 'a type is named by import()',
    rule: 'wrong-floor',
    file: 'src/papers/up.ts',
    text: `export type Up = typeof import('../app.ts').app;`,
  },
  {
    what: 'a higher floor is loaded late',
    rule: 'wrong-floor',
    file: 'src/platform/late.ts',
    text: `export const late = () => import('../app.ts');`,
  },
  {
    what: 'a higher floor is passed on',
    rule: 'wrong-floor',
    file: 'src/papers/up.ts',
    text: `export { app } from '../app.ts';`,
  },
  {
    what: 'the app imports the web',
    rule: 'wrong-floor',
    file: 'src/app.ts',
    text: `import { createWeb } from './web/index.ts'; export const app = createWeb;`,
  },
  {
    what: 'a worker imports the command line',
    rule: 'wrong-floor',
    file: 'workers/sender.ts',
    text: `import { main } from '../src/cli/main.ts'; export const runSender = main;`,
  },
  {
    what: 'rooms of one floor meet',
    rule: 'strangers',
    file: 'src/papers/stranger.ts',
    text: `import { subscribe } from '../subscribers/index.ts'; export const stranger = subscribe;`,
  },
  {
    what: 'a file of another room is imported past its door',
    rule: 'past-the-door',
    file: 'src/editions/peek.ts',
    text: `import { ingest } from '../papers/ingest.ts'; export const peek = ingest;`,
  },
  {
    what: "the workshop takes another room's rules past its door",
    rule: 'past-the-door',
    file: 'src/editions/peek.ts',
    text: `import { titleOf } from '../papers/rules/paper.ts'; export const peek = titleOf;`,
  },
  {
    what: 'a rule imports its own workshop',
    rule: 'impure-rules',
    file: 'src/papers/rules/bad.ts',
    text: `import { ingest } from '../ingest.ts'; export const bad = ingest;`,
  },
  {
    what: "a rule takes a value from a lower room's door",
    rule: 'impure-rules',
    file: 'src/editions/rules/bad.ts',
    text: `import { titleOf } from '../../papers/index.ts'; export const bad = titleOf;`,
  },
  {
    what: 'a rule reads the disk',
    rule: 'impure-rules',
    file: 'src/papers/rules/bad.ts',
    text: `import { readFileSync } from 'node:fs'; export const bad = readFileSync;`,
  },
  {
    what: 'a rule imports a package that does I/O',
    rule: 'impure-rules',
    file: 'src/platform/rules/bad.ts',
    text: `import pg from 'pg'; export const bad = pg;`,
  },
  {
    what: 'two files import each other',
    rule: 'cycle',
    file: 'src/subscribers/subscribe.ts',
    text: `import type { subscribe as self } from './index.ts'; export const subscribe = (): unknown => 1 as unknown as typeof self;`,
  },
  {
    what: 'a file imports itself',
    rule: 'cycle',
    file: 'src/papers/self.ts',
    text: `import * as self from './self.ts'; export const itself = self;`,
  },
  {
    what: 'a door exports everything',
    rule: 'export-all',
    file: 'src/subscribers/index.ts',
    text: `export * from './subscribe.ts';`,
  },
  {
    what: 'an inner file exports everything under a name',
    rule: 'export-all',
    file: 'src/subscribers/all.ts',
    text: `export * as all from './subscribe.ts';`,
  },
  {
    what: 'a door holds code',
    rule: 'unnamed-door',
    file: 'src/subscribers/index.ts',
    text: `export { subscribe } from './subscribe.ts'; export const more = 1;`,
  },
  {
    what: 'express outside the web',
    rule: 'foreign-package',
    file: 'src/papers/http.ts',
    text: `import type { Request } from 'express'; export type R = Request;`,
  },
  {
    what: 'a subpath of nodemailer outside the outbox',
    rule: 'foreign-package',
    file: 'src/web/mail.ts',
    text: `import c from 'nodemailer/lib/smtp-connection'; export default c;`,
  },
  {
    what: 'bullmq in the wrong file of the right room',
    rule: 'foreign-package',
    file: 'src/platform/other.ts',
    text: `import { Queue } from 'bullmq'; export const q = Queue;`,
  },
  {
    what: 'pg outside the platform',
    rule: 'foreign-package',
    file: 'src/papers/store.ts',
    text: `import pg from 'pg'; export const p = pg;`,
  },
  {
    what: 'pg by require',
    rule: 'foreign-package',
    file: 'src/papers/store.ts',
    text: `export const p: unknown = require('pg');`,
  },
  {
    what: 'node-cron outside the clock',
    rule: 'foreign-package',
    file: 'workers/sender.ts',
    text: `import cron from 'node-cron'; export const c = cron;`,
  },
  {
    what: 'commander outside the command line',
    rule: 'foreign-package',
    file: 'workers/all.ts',
    text: `import { Command } from 'commander'; export const c = Command;`,
  },
  {
    what: 'a package that is only a devDependency',
    rule: 'undeclared-package',
    file: 'src/papers/dev.ts',
    text: `import { vi } from 'vitest'; export const v = vi;`,
  },
  {
    what: 'an import whose name is computed',
    rule: 'computed-import',
    file: 'src/papers/computed.ts',
    text: 'export const load = (name: string) => import(name);',
  },
  {
    what: 'process.env in a room',
    rule: 'environment',
    file: 'src/papers/env.ts',
    text: 'export const e = process.env.HOME;',
  },
  {
    what: "process['env'] in a room",
    rule: 'environment',
    file: 'src/papers/env.ts',
    text: `export const e = process['env'];`,
  },
  {
    what: 'the environment taken out of process',
    rule: 'environment',
    file: 'src/cli/other.ts',
    text: 'const { env } = process; export const e = env;',
  },
  {
    what: 'the environment imported by name',
    rule: 'environment',
    file: 'src/web/env.ts',
    text: `import { env } from 'node:process'; export const e = env;`,
  },
  {
    what: 'any as a type',
    rule: 'any',
    file: 'src/papers/any.ts',
    text: 'export const a = (value: Map<string, any>) => value;',
  },
  {
    what: 'as any',
    rule: 'any',
    file: 'src/papers/any.ts',
    text: 'export const a = ({} as any);',
  },
  {
    what: 'a file of 301 lines',
    rule: 'long-file',
    file: 'src/papers/long.ts',
    text: `export const a = 1;\n${'// one more line\n'.repeat(300)}`,
  },
  {
    what: 'a file in no room',
    rule: 'no-room',
    file: 'src/helpers.ts',
    text: 'export const a = 1;',
  },
  {
    what: 'a file of the tests is imported',
    rule: 'no-room',
    file: 'src/papers/tested.ts',
    text: `import { x } from '../../test/support/x.ts'; export const a = x;`,
  },
  {
    what: 'an import of a file that is not there',
    rule: 'unresolved',
    file: 'src/papers/missing.ts',
    text: `import { gone } from './gone.ts'; export const a = gone;`,
  },
];

describe('the house', () => {
  it('keeps its own rules', () => {
    const house = readHouse(root);
    expect(house.files.size).toBeGreaterThan(10);
    expect(inspectHouse(house.files, house.dependencies).map((b) => `${b.file}: ${b.message}`)).toEqual([]);
  });
});

describe('the guard', () => {
  it('finds nothing in a good house', () => {
    expect(inspectHouse(houseWith({}), dependencies)).toEqual([]);
  });

  it.each(badExamples)('bites when $what', ({ rule, file, text }) => {
    const found = inspectHouse(houseWith({ [file]: text }), dependencies);
    expect(found.map((b) => b.rule)).toContain(rule);
    expect(found.find((b) => b.rule === rule)?.file).toMatch(/^(src|workers)\//);
  });

  it('has a bad example for each rule', () => {
    // The list of rules is written out here so that a new one asks for its example.
    const rules: Record<Rule, true> = {
      'no-room': true,
      'wrong-floor': true,
      strangers: true,
      'past-the-door': true,
      'impure-rules': true,
      cycle: true,
      'export-all': true,
      'unnamed-door': true,
      'foreign-package': true,
      'undeclared-package': true,
      'computed-import': true,
      environment: true,
      any: true,
      'long-file': true,
      unresolved: true,
    };
    expect(new Set(badExamples.map((example) => example.rule))).toEqual(new Set(Object.keys(rules)));
  });

  it('names all files of a circle once', () => {
    const found = inspectHouse(
      houseWith({
        'src/papers/a.ts': `import { b } from './b.ts'; export const a = () => b;`,
        'src/papers/b.ts': `import { c } from './c.ts'; export const b = () => c;`,
        'src/papers/c.ts': `import type { a } from './a.ts'; export const c = (x: typeof a) => x;`,
      }),
      dependencies,
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toContain('src/papers/a.ts, src/papers/b.ts, src/papers/c.ts');
  });
});
