// Runs before `npm start` and `npm test`, when nothing is installed yet: plain JavaScript, nothing but Node.
//
//   node src/cli/ensure-installed.js [--dev]
//
// Runs `npm ci` where what stands in node_modules is not what package-lock.json asks for. `--dev`: the
// packages for tests too, also with NODE_ENV=production. Ends with npm's exit code when npm fails.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_LEAST = [20, 19];
const root = fileURLToPath(new URL('../..', import.meta.url));
const lockFile = join(root, 'package-lock.json');
const installedFile = join(root, 'node_modules', '.package-lock.json');
const hashFile = join(root, 'node_modules', '.paperboy-lock-hash');
const guardFile = join(root, '.installing');
const needsDev = process.argv.includes('--dev');

const say = (/** @type {string} */ sentence) => process.stderr.write(`${sentence}\n`);

/** @returns {string | undefined} the text, or undefined where there is no such file */
function readText(/** @type {string} */ path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = NODE_LEAST;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  say(
    `Paperboy needs Node ${NODE_LEAST.join('.')} or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org and start again.`,
  );
  process.exit(1);
}

/**
 * Whether node_modules holds every package of the lock file in its version. npm writes its own account of what it
 * installed last of all, so an interrupted install has none.
 */
function agrees(/** @type {string} */ lockText, /** @type {string} */ installedText) {
  const wanted = JSON.parse(lockText).packages ?? {};
  const installed = JSON.parse(installedText).packages ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || !path.includes('node_modules/')) return true;
    // Optional packages are left out on machines that they are not for.
    if (installed[path] === undefined)
      return Boolean(entry.optional || entry.devOptional || (entry.dev && !needsDev));
    return installed[path].version === entry.version && installed[path].integrity === entry.integrity;
  });
}

function isInstalled() {
  const lockText = readText(lockFile);
  if (lockText === undefined) {
    say('package-lock.json is missing. Get a whole copy of the project (git clone) and start again.');
    process.exit(1);
  }
  const installedText = readText(installedFile);
  if (installedText === undefined) return false;
  // Which kind of install was found good is part of the mark: one without the packages for tests is not enough for them.
  const mark = `${needsDev ? 'dev' : 'run'} ${createHash('sha256').update(lockText).update(installedText).digest('hex')}\n`;
  const marks = readText(hashFile);
  if (marks?.includes(mark)) return true;
  if (!agrees(lockText, installedText)) return false;
  try {
    writeFileSync(hashFile, `${marks && marks.length < 1000 ? marks : ''}${mark}`);
  } catch {
    // A folder that cannot be written to is compared again next time.
  }
  return true;
}

function isAlive(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** One install at a time in one folder: takes the guard file, or waits for its holder. */
function takeGuard() {
  for (let told = false; ; ) {
    try {
      writeFileSync(guardFile, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(readText(guardFile));
    // An empty guard is one that is just being written.
    if (holder > 0 && !isAlive(holder)) rmSync(guardFile, { force: true });
    else if (!told) {
      say(
        `Another start (process ${holder}) is installing; waiting for it. Remove ${guardFile} if there is none.`,
      );
      told = true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function install() {
  say('Installing the packages that Paperboy needs (npm ci); this happens once and takes about a minute.');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (needsDev) args.push('--include=dev');
  // The npm that started us, if one did; else the one on the PATH.
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const ended = spawnSync(command, [...first, ...args], {
    cwd: root,
    // npm's summary is of no use here; its errors are.
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (ended.error)
    say(`npm could not be run (${ended.error.message}). Install npm, or run \`npm ci\` by hand.`);
  else if (ended.status !== 0)
    say(
      `\`npm ci\` failed${ended.signal ? ` (${ended.signal})` : ''}; its words are above. Check the network and the registry, then start again.`,
    );
  return ended.status ?? (ended.signal === 'SIGINT' ? 130 : 1);
}

checkNode();
if (!isInstalled()) {
  takeGuard();
  let code = 1;
  // Ctrl-C reaches npm too; we stay until it has ended, so that the guard is taken away.
  process.on('SIGINT', () => {});
  try {
    // Whoever held the guard before may have done it.
    code = isInstalled() ? 0 : install();
    if (code === 0 && !isInstalled()) {
      say(
        '`npm ci` ended well, but packages of package-lock.json are missing. Remove node_modules and start again.',
      );
      code = 1;
    }
  } finally {
    rmSync(guardFile, { force: true });
  }
  process.exitCode = code;
}
