import { generateKeyPairSync } from 'node:crypto';
import { authenticate } from 'mailauth';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSigner } from '../../src/outbox/index.ts';
import { defaultPreferences, subscribe } from '../../src/subscribers/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, papersOf, tickAll } from '../support/day.ts';
import type { Received } from '../support/smtp.ts';

const DOMAIN = 'papers.example.org';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const RECORD = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
/** The address from which our mail comes, and one from which it does not. */
const OURS = '192.0.2.1';
const THEIRS = '198.51.100.9';

/** The zone of the sending domain, without a nameserver. */
async function resolve(name: string, type: string): Promise<string[][]> {
  const zone: Record<string, string> = {
    [`s1._domainkey.${DOMAIN}`]: RECORD,
    [DOMAIN]: `v=spf1 ip4:${OURS} -all`,
    [`_dmarc.${DOMAIN}`]: 'v=DMARC1; p=reject; adkim=s; aspf=s',
  };
  const text = type === 'TXT' ? zone[name] : undefined;
  if (text === undefined) throw Object.assign(new Error(`${type} ${name}`), { code: 'ENOTFOUND' });
  // A TXT record is made of strings of 255 octets.
  return [text.match(/.{1,255}/g) ?? []];
}

const verify = async (raw: Buffer | string, sender: string, ip = OURS) => {
  const result = await authenticate(raw, {
    ip,
    sender,
    helo: 'mx.example.net',
    mta: 'mx.example.net',
    resolver: resolve,
    disableArc: true,
    disableBimi: true,
  });
  const [dkim, ...others] = result.dkim.results;
  expect(others).toEqual([]);
  if (!dkim || !result.dmarc || !result.spf) throw new Error('A check is missing.');
  return { dkim, dmarc: result.dmarc, spf: result.spf };
};

let app: TestApp;
let digest: Received;
let confirmation: Received;

beforeAll(async () => {
  app = await startTestApp({
    now: new Date('2026-06-10T12:00Z'),
    days: papersOf('2026-06-10'),
    settings: { DKIM_DOMAIN: DOMAIN, DKIM_SELECTOR: 's1', DKIM_KEY: KEY },
  });
  await addReader(app, 'ada@example.org');
  app.clock.set(new Date('2026-06-11T02:00Z'));
  await tickAll(app);
  app.clock.set(new Date('2026-06-11T07:00Z'));
  await subscribe(app, {
    email: 'new@example.org',
    preferences: defaultPreferences,
    wording: 'test',
    page: 'test',
  });
  await drain(app);
  const find = (to: string) => {
    const mail = app.sink.received.find((one) => one.to[0] === to);
    if (!mail) throw new Error(`No mail came for ${to}.`);
    return mail;
  };
  digest = find('ada@example.org');
  confirmation = find('new@example.org');
});
afterAll(() => app.end());

const ALWAYS = [
  'from',
  'to',
  'subject',
  'date',
  'message-id',
  'mime-version',
  'content-type',
  'feedback-id',
  'auto-submitted',
];
const OF_LISTS = [
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-help',
  'list-archive',
  'list-post',
  'precedence',
];

const signatureOf = (mail: Received) =>
  /^DKIM-Signature: [^\r]*(?:\r\n[ \t][^\r]*)*/im
    .exec(mail.raw.toString('latin1'))?.[0]
    .replace(/\s+/g, ' ') ?? '';

/** Unfolded headers as they stand, by name. */
function headersOf(mail: Received): Map<string, string> {
  const [head = ''] = mail.raw.toString('latin1').split('\r\n\r\n');
  const lines = head.replace(/\r\n([ \t])/g, '\u0000$1').split('\r\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.replaceAll('\u0000', '\r\n')]),
  );
}

describe.each([
  ['a digest', () => digest, [...ALWAYS, ...OF_LISTS]],
  ['a confirmation', () => confirmation, ALWAYS],
])('%s', (_, mail, headers) => {
  test('passes DKIM, SPF and DMARC, each aligned with the sender', async () => {
    const { dkim, spf, dmarc } = await verify(mail().raw, mail().from);
    expect(dkim).toMatchObject({ signingDomain: DOMAIN, selector: 's1', modulusLength: 2048 });
    expect(dkim.status).toMatchObject({ result: 'pass', aligned: DOMAIN });
    expect(spf.status.result).toBe('pass');
    expect(dmarc.status.result).toBe('pass');
    expect(dmarc.alignment).toMatchObject({ dkim: { result: DOMAIN }, spf: { result: DOMAIN } });
  });

  test('passes DMARC by DKIM alone when a forwarder breaks SPF', async () => {
    const { spf, dmarc } = await verify(mail().raw, mail().from, THEIRS);
    expect(spf.status.result).toBe('fail');
    expect(dmarc.status.result).toBe('pass');
  });

  test('is signed over every header that it has and that matters, by rsa-sha256, to its last byte', () => {
    const signature = signatureOf(mail());
    const signed = / h=([^;]+)/.exec(signature)?.[1]?.replace(/ /g, '').toLowerCase().split(':') ?? [];
    expect(signed.sort()).toEqual([...headers].sort());
    expect(signature).toMatch(/a=rsa-sha256;/);
    expect(signature).not.toMatch(/\bl=/);
    expect([...headersOf(mail()).keys()].filter((name) => name !== 'dkim-signature').sort()).toEqual(
      [...headers].sort(),
    );
  });

  test('fails when one letter of any signed header is another, or of the body', async () => {
    const text = mail().raw.toString('latin1');
    for (const name of headers) {
      const line = headersOf(mail()).get(name) ?? '';
      // The last letter or digit of the value: relaxed canonicalisation forgives white space alone.
      const at = line.length - 1 - [...line].reverse().findIndex((character) => /[a-z0-9]/i.test(character));
      const changed = line.slice(0, at) + (line[at] === 'x' ? 'y' : 'x') + line.slice(at + 1);
      const { dkim } = await verify(text.replace(line, changed), mail().from);
      expect(dkim.status.result, name).not.toBe('pass');
    }
    const bodyAt = text.lastIndexOf('</html') - 200;
    const broken = `${text.slice(0, bodyAt)}${text[bodyAt] === 'x' ? 'y' : 'x'}${text.slice(bodyAt + 1)}`;
    expect((await verify(broken, mail().from)).dkim.status.result).not.toBe('pass');
    const longer = text.replace(/\r\n$/, '\r\nmore\r\n');
    expect((await verify(longer, mail().from)).dkim.status.result).not.toBe('pass');
  });

  test('fails when a signed header is taken out', async () => {
    const text = mail().raw.toString('latin1');
    for (const name of headers.filter((header) => header !== 'from')) {
      const line = headersOf(mail()).get(name) ?? '';
      const { dkim } = await verify(text.replace(`${line}\r\n`, ''), mail().from);
      expect(dkim.status.result, name).not.toBe('pass');
    }
  });
});

test('the return path belongs to the domain of the sender, and names the delivery alone', () => {
  expect(digest.from.split('@')[1]).toBe(DOMAIN);
  expect(digest.from).not.toContain('ada');
});

test('a key that cannot sign is refused at once: nothing leaves unsigned in silence', () => {
  const options = { domain: DOMAIN, selector: 's1' };
  expect(() => createSigner({ ...options, key: 'not a key' })).toThrow();
  expect(() => createSigner({ ...options, key: RECORD })).toThrow();
  const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() => createSigner({ ...options, key: other })).toThrow(/ed25519.*RSA/);
});
