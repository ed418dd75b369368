// `npm run bench:dkim`: messages a second that we sign, beside what `openssl speed` makes of the same cores in the same
// run: RSA signatures alone, without a message to hash and put together. The ratio comes last.

import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs, promisify } from 'node:util';
import { createSigner, type Signer } from '../../src/outbox/dkim.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    size: { type: 'string', default: '70000' },
    atonce: { type: 'string', default: '10' },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(
    'npm run bench:dkim -- [--seconds 3 (for each row)] [--size 70000 (bytes of a message)] [--atonce 10 (messages under way)]',
  );
  process.exit(0);
}
const seconds = Number(flags.seconds);
const atOnce = Number(flags.atonce);
const cores = availableParallelism();

const pem = (type: 'rsa' | 'ed25519') => {
  const { privateKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

/** A digest's headers and as many lines of a body as make the size. */
function makeMessage(size: number): Buffer {
  const head = [
    'From: "Paperboy" <digest@papers.example.org>',
    'To: <reader@example.org>',
    'Subject: The papers of Wednesday, 10 June',
    'Date: Thu, 11 Jun 2026 07:00:00 +0000',
    'Message-ID: <d.1.0123456789abcdef0123456789abcdef@papers.example.org>',
    'Auto-Submitted: auto-generated',
    'Feedback-ID: 2026-06-10:daily:digest:paperboy',
    'List-Id: "Paperboy papers" <daily.papers.example.org>',
    'List-Unsubscribe: <https://papers.example.org/unsubscribe/0123456789abcdef01234567>,',
    ' <mailto:unsubscribe+0123456789abcdef01234567@papers.example.org>',
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    'List-Help: <https://papers.example.org/subscribe>',
    'List-Archive: <https://papers.example.org/editions>',
    'List-Post: NO',
    'Precedence: bulk',
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=utf-8',
    '',
    '',
  ].join('\r\n');
  const line = `${'A line of a body, as long as lines of mail are. '.repeat(2).slice(0, 75)}=\r\n`;
  return Buffer.from(head + line.repeat(Math.ceil((size - head.length) / line.length)));
}

interface Row {
  what: string;
  perSecond: number;
  cpuMs?: number;
  longestBlockMs?: number;
}

async function measure(what: string, sign: Signer, message: Buffer): Promise<Row> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let signed = 0;
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const until = startedAt + seconds * 1000;
  delays.enable();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (; performance.now() < until; signed += 1) await sign(message);
    }),
  );
  delays.disable();
  const { user, system } = process.cpuUsage(cpu);
  return {
    what,
    perSecond: signed / ((performance.now() - startedAt) / 1000),
    cpuMs: (user + system) / 1000 / signed,
    longestBlockMs: delays.max / 1e6,
  };
}

async function askOpenssl(words: string[]): Promise<string> {
  const args = ['speed', '-mr', '-seconds', String(seconds), ...words];
  return (await promisify(execFile)('openssl', args).catch(() => ({ stdout: '' }))).stdout;
}

/** Signatures a second out of a line `+F2:index:bits:signatures:checks`; some versions give seconds for each instead. */
function readSignatures(said: string): number {
  const found = Number(/^\+F2:\d+:2048:([\d.e+-]+):/m.exec(said)?.[1] ?? 0);
  return found > 0 && found < 1 ? 1 / found : found;
}

/** RSA-2048 signatures a second on all cores, by the clock as ours are; undefined without openssl. */
async function signWithOpenssl(): Promise<Row | undefined> {
  const perSecond = readSignatures(await askOpenssl(['-elapsed', '-multi', String(cores), 'rsa2048']));
  return perSecond > 0 ? { what: `openssl speed rsa2048, ${cores} processes`, perSecond } : undefined;
}

/** What a signature and the hash of such a body cost openssl, in milliseconds of CPU. */
async function costWithOpenssl(bytes: number): Promise<{ signatureMs: number; hashMs: number }> {
  const hashed = await askOpenssl(['-bytes', String(bytes), '-evp', 'sha256']);
  const bytesPerSecond = Number(/^\+F:\d+:[^:]+:([\d.e+-]+)/m.exec(hashed)?.[1] ?? 0);
  return {
    signatureMs: 1000 / readSignatures(await askOpenssl(['rsa2048'])),
    hashMs: (bytes / bytesPerSecond) * 1000,
  };
}

const message = makeMessage(Number(flags.size));
const identity = { domain: 'papers.example.org', selector: 's1', key: pem('rsa') };
const rsa = createSigner(identity);
const both = createSigner({ ...identity, ed25519: { selector: 's2', key: pem('ed25519') } });
// Before and after, and the mean of it: a machine that others use changes by the second.
const before = await signWithOpenssl();
const ours = await measure('ours, RSA-2048', rsa, message);
const after = await signWithOpenssl();
const dual = await measure('ours, RSA-2048 and Ed25519', both, message);

console.table(
  [before, ours, after, dual]
    .filter((row) => row !== undefined)
    .map(({ what, perSecond, cpuMs, longestBlockMs }) => ({
      what,
      'a second': Math.round(perSecond),
      'CPU ms each': cpuMs === undefined ? '' : Number(cpuMs.toFixed(3)),
      'event loop, longest ms': longestBlockMs === undefined ? '' : Number(longestBlockMs.toFixed(1)),
    })),
);
console.log(`${message.length} bytes a message, ${atOnce} at once, ${cores} cores.`);
if (before && after) {
  const { signatureMs, hashMs } = await costWithOpenssl(message.length);
  console.log(
    `openssl takes ${signatureMs.toFixed(3)} ms of CPU for a signature and ${hashMs.toFixed(3)} for the hash of such a body: with it the ratio cannot be more than ${(signatureMs / (signatureMs + hashMs)).toFixed(2)}. By CPU time ours is ${(signatureMs / (ours.cpuMs ?? 0)).toFixed(2)}.`,
  );
  console.log(
    `Ours / openssl's signatures without a message: ${((2 * ours.perSecond) / (before.perSecond + after.perSecond)).toFixed(2)}.`,
  );
} else console.log('There is no openssl on the PATH to hold it against.');
