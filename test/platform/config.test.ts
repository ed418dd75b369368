import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Config,
  ConfigError,
  configReport,
  readConfig,
  type SettingTexts,
} from '../../src/platform/index.ts';
import { settings } from '../../src/platform/settings.ts';

const read = (environment: SettingTexts, file?: SettingTexts) =>
  readConfig({ environment, ...(file && { file }) });

/** What is wrong with these settings; empty when nothing is. */
function faultsOf(environment: SettingTexts, file?: SettingTexts): readonly string[] {
  try {
    read(environment, file);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

const namesOf = (faults: readonly string[]) => faults.map((fault) => fault.split(' ')[0]);

const KEY = '0123456789abcdef0123456789abcdef';
const production = {
  NODE_ENV: 'production',
  SECRET_KEY: KEY,
  PUBLIC_URL: 'https://papers.example.org',
  POSTAL_ADDRESS: '1 Example Street, Sampleton',
  MAIL_FROM: 'Paperboy <digest@papers.example.org>',
  SMTP_URL: 'smtp://relay.example.org',
};

describe('defaults', () => {
  it('every setting has the one that the contract names', () => {
    expect(read({})).toEqual({
      smtpServers: [],
      port: 3000,
      host: '0.0.0.0',
      publicUrl: 'http://localhost:3000',
      inboxPort: 1080,
      inboxSmtpPort: 1025,
      inboundPort: 2525,
      mailFrom: { name: 'Paperboy', address: 'digest@localhost' },
      mailDomain: 'localhost',
      postalAddress: 'No postal address is set (POSTAL_ADDRESS).',
      secretKeys: [],
      dataDir: './.data',
      huggingFaceUrl: 'https://huggingface.co',
      arxivUrl: 'https://export.arxiv.org',
      arxivRssUrl: 'https://rss.arxiv.org',
      arxivCategories: ['cs.AI', 'cs.CL', 'cs.CV', 'cs.LG'],
      sources: [{ name: 'huggingface' }],
      editionAtMinutes: 120,
      editionSize: 12,
      uncertain: 'hold',
      domainRates: new Map(),
      logLevel: 'info',
      production: false,
    } satisfies Config);
  });

  it('are usable texts themselves, and where there is none the report says what happens instead', () => {
    for (const line of configReport({ environment: {} })) {
      const row: { default?: string; unset?: string } = settings[line.name];
      expect(line.from).toBe('default');
      expect(line.value).toBe(row.default ?? `(unset: ${row.unset})`);
      expect(row.default ?? row.unset, line.name).toBeTruthy();
    }
  });

  it('some follow from other settings', () => {
    expect(read({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080');
    expect(read({ ARXIV_URL: 'http://127.0.0.1:9/' })).toMatchObject({
      arxivUrl: 'http://127.0.0.1:9',
      arxivRssUrl: 'http://127.0.0.1:9',
    });
    expect(read({ ARXIV_URL: 'http://127.0.0.1:9', ARXIV_RSS_URL: 'http://127.0.0.1:8' })).toMatchObject({
      arxivRssUrl: 'http://127.0.0.1:8',
    });
    expect(read({ MAIL_FROM: 'digest@Papers.Example.ORG' })).toMatchObject({
      mailFrom: { name: 'Paperboy', address: 'digest@papers.example.org' },
      mailDomain: 'papers.example.org',
    });
  });
});

describe('where a setting comes from', () => {
  it('the environment wins over the file, the file over the default', () => {
    expect(read({ PORT: '5000' }, { PORT: '4000', HOST: '127.0.0.1' })).toMatchObject({
      port: 5000,
      host: '127.0.0.1',
      inboxPort: 1080,
    });
  });

  it('an empty text is unset, wherever it stands', () => {
    expect(read({ PORT: '', SMTP_URL: '', SECRET_KEY: '' }, { PORT: '4000' }).port).toBe(4000);
    expect(read({}, { PORT: '', HOST: '' })).toMatchObject({ port: 3000, host: '0.0.0.0' });
    expect(namesOf(faultsOf({ ...production, SECRET_KEY: '' }))).toEqual(['SECRET_KEY']);
    const empty = configReport({ environment: { ADMIN_TOKEN: '' } }).find((l) => l.name === 'ADMIN_TOKEN');
    expect(empty).toMatchObject({ from: 'default', value: expect.stringContaining('(unset: ') });
  });

  it('a fault in the file counts only where the environment does not win', () => {
    expect(faultsOf({ PORT: '5000' }, { PORT: 'abc' })).toEqual([]);
    expect(namesOf(faultsOf({}, { PORT: 'abc' }))).toEqual(['PORT']);
  });
});

// One faulty text for each setting that can have one.
const faulty = {
  DATABASE_URL: 'mysql://paperboy:hunter2@db/paperboy',
  REDIS_URL: 'hunter2',
  SMTP_URL: 'smtp://user:hunter2@',
  PORT: 'abc',
  PUBLIC_URL: 'papers.example.org',
  INBOX_PORT: '65536',
  INBOX_SMTP_PORT: '-1',
  INBOUND_PORT: '25.5',
  MAIL_FROM: 'Paperboy',
  MAIL_DOMAIN: 'papers example org',
  SECRET_KEY: 'hunter2',
  HUGGINGFACE_URL: 'ftp://example.org',
  ARXIV_URL: 'http://',
  ARXIV_RSS_URL: 'rss.arxiv.org',
  ARXIV_CATEGORIES: 'cs.CL;cs.LG',
  SOURCES: 'huggingface,openreview',
  EDITION_AT: '24:00',
  EDITION_SIZE: '0',
  DKIM_DOMAIN: 'example..org',
  DKIM_KEY: 'hunter2',
  UNCERTAIN: 'maybe',
  SEND_RATE: '0',
  DOMAIN_RATES: 'gmail.com=fast',
  LOG_LEVEL: 'verbose',
  NODE_ENV: 'prod',
};

describe('faults', () => {
  it('are reported all at once, each naming its setting, the value and the remedy', () => {
    const faults = faultsOf(faulty);
    expect(namesOf(faults)).toEqual(expect.arrayContaining(Object.keys(faulty)));
    for (const fault of faults)
      expect(fault).toMatch(/^[A-Z_]+,? .*\. .*(Correct it|leave it out|Set ).*[.)]$/);
    expect(faults.find((fault) => fault.startsWith('PORT'))).toBe(
      'PORT must be a whole number from 0 to 65535. It is "abc". Correct it or leave it out for 3000.',
    );
    expect(faults.find((fault) => fault.startsWith('SEND_RATE'))).toBe(
      'SEND_RATE must be a number above 0. It is "0". Correct it or leave it out (unlimited).',
    );
  });

  it('are one message, whose first line counts them', () => {
    expect(() => read({ PORT: 'abc' })).toThrow(/^The settings have a fault:\n- PORT must be /);
    expect(() => read({ PORT: 'abc', EDITION_AT: '2 am' })).toThrow(
      /^The settings have 2 faults:\n- PORT .*\n- EDITION_AT .*$/,
    );
  });

  it.each([
    ['PORT', ['', '0', '65535'], ['65536', '1e3', '0x10', ' ', '3000 ', '٣']],
    ['EDITION_AT', ['00:00', '23:59', '02:30'], ['24:00', '2:00', '02:60', '02:00Z', 'noon']],
    ['EDITION_SIZE', ['1', '60'], ['0', '61', '1.5', 'all']],
    ['SEND_RATE', ['0.5', '1e3', '250'], ['0', '-1', 'Infinity', 'NaN', '5/s']],
    [
      'MAIL_DOMAIN',
      ['localhost', 'a.example.org'],
      ['a_b.org', '-a.org', 'a@b.org', 'a.org.', `${'a'.repeat(64)}.org`],
    ],
    [
      'PUBLIC_URL',
      ['http://x', 'https://x.org:8080/papers/'],
      ['x.org', 'ftp://x.org', 'https://', 'https://x.org/?a=1', 'https://x.org/#a', 'https://a:b@x.org'],
    ],
    [
      'MAIL_FROM',
      ['a@b.org', 'A <a@b.org>', '"A, B" <a@b.org>', '<a@b.org>'],
      [
        'a',
        'a@',
        '@b.org',
        'a@b@c',
        'A <a@b.org',
        'A\n <a@b.org>',
        'a b@c.org',
        'Ä <ä@b.org>',
        'a@b..org',
        'A\u0007 <a@b.org>',
      ],
    ],
    ['SECRET_KEY', [KEY, `${KEY},${KEY}x`], ['short', `${KEY},short`, `${KEY},`]],
    [
      'SOURCES',
      ['arxiv', 'huggingface, arxiv', 'file:/a,file:/b'],
      ['', 'arxiv,', 'file:', 'Arxiv'].slice(1),
    ],
    [
      'ARXIV_CATEGORIES',
      ['cs.CL', 'cs.CL, math.NA,q-bio.NC,astro-ph.EP,cond-mat.mtrl-sci,hep-th,cs,cs.CL'],
      ['cs.CL,', 'cs.cl+', 'CS.CL', 'cs.CL OR cat:x', 'cs/CL', '../x', Array(51).fill('cs').join()],
    ],
    [
      'DOMAIN_RATES',
      ['gmail.com=50', 'gmail.com=50, outlook.com=0.5'],
      ['gmail.com', 'gmail.com=', '=5', 'gmail.com=5=6', 'gmail.com=5,'],
    ],
    [
      'DATABASE_URL',
      ['postgres://a@b/c', 'postgresql://a:b@c:5433/d?sslmode=require'],
      ['b/c', 'postgres:', 'http://a/b'],
    ],
    ['REDIS_URL', ['redis://localhost:6379/3', 'rediss://u:p@h'], ['localhost:6379', 'http://h']],
    ['UNCERTAIN', ['hold', 'resend'], ['Hold', 'drop']],
  ] as const)('%s takes what is right and nothing else', (name, good, bad) => {
    for (const text of good) expect(faultsOf({ [name]: text }), text).toEqual([]);
    for (const text of bad) expect(namesOf(faultsOf({ [name]: text })), JSON.stringify(text)).toEqual([name]);
  });

  it('the same domain twice in DOMAIN_RATES takes the last, whatever its case', () => {
    expect(read({ DOMAIN_RATES: 'Gmail.com=50,gmail.com=20' }).domainRates).toEqual(
      new Map([['gmail.com', 20]]),
    );
  });

  it('no text whatever makes reading break in another way', () => {
    const names = fc.constantFrom(...Object.keys(settings));
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withQueryParameters: true }),
      fc.string().map((s) => `smtp://${s}@mail.example.org?${s}`),
      fc.string().map((s) => `a@${s}`),
    );
    fc.assert(
      fc.property(fc.dictionary(names, texts), (environment) => {
        for (const fault of faultsOf(environment)) expect(fault).toMatch(/^[A-Z_]+/);
      }),
    );
  });
});

describe('secrets', () => {
  const secretNames = Object.entries(settings)
    .filter(([, row]) => 'secret' in row && row.secret)
    .map(([name]) => name);

  it('are these, and no more', () => {
    expect(secretNames).toEqual([
      'DATABASE_URL',
      'REDIS_URL',
      'SMTP_URL',
      'SECRET_KEY',
      'ADMIN_TOKEN',
      'DKIM_KEY',
      'DKIM_ED25519_KEY',
    ]);
  });

  it('are in no message, however wrong they are', () => {
    const wrong = [
      ...secretNames.map((name) => ({ [name]: 'swordfish' })),
      ...secretNames.map((name) => ({ [name]: 'x://swordfish:swordfish@h:swordfish/swordfish?swordfish' })),
      // A password with a sign that ends it early: what follows is still the password.
      { SMTP_URL: 'smtp://user:25?swordfish@mail.example.org' },
      { SMTP_URL: 'smtp://user:25?swordfish=1@mail.example.org' },
      { SMTP_URL: 'smtp://mail.example.org?rate=swordfish' },
      { SMTP_URL: 'smtp://user:%swordfish@mail.example.org' },
      { SMTP_URL: 'smtp://user:a,swordfish@mail.example.org' },
      { SMTP_URL: 'smtp://user:a#swordfish@mail.example.org' },
    ];
    for (const environment of wrong)
      expect(faultsOf(environment).join('\n'), JSON.stringify(environment)).not.toContain('swordfish');
  });

  it('are in no report', () => {
    const environment = Object.fromEntries(secretNames.map((name) => [name, 'swordfish']));
    for (const input of [{ environment }, { environment: {}, file: environment }]) {
      const report = configReport(input);
      expect(JSON.stringify(report)).not.toContain('swordfish');
      for (const name of secretNames)
        expect(report.find((line) => line.name === name)?.value).toBe('(hidden)');
    }
  });
});

describe('production', () => {
  it('starts with all that real mail needs', () => {
    expect(read(production)).toMatchObject({ production: true, secretKeys: [KEY] });
  });

  it('without it, says all of it at once', () => {
    const faults = faultsOf({ NODE_ENV: 'production' });
    expect(namesOf(faults)).toEqual(['SECRET_KEY', 'PUBLIC_URL', 'POSTAL_ADDRESS', 'MAIL_FROM', 'SMTP_URL']);
    for (const fault of faults) expect(fault).toMatch(/NODE_ENV=production.* Set it to /);
  });

  it.each([
    ['PUBLIC_URL', 'http://papers.example.org'],
    ['MAIL_FROM', 'Paperboy <digest@localhost>'],
    ['MAIL_FROM', 'Paperboy <digest@paperboy>'],
    ['MAIL_FROM', 'Paperboy <digest@paperboy.test>'],
    ['MAIL_FROM', 'Paperboy <digest@mail.invalid>'],
  ])('refuses %s %s', (name, text) => {
    expect(namesOf(faultsOf({ ...production, [name]: text }))).toEqual([name]);
  });

  it('a setting that is faulty anyway is named once', () => {
    expect(
      namesOf(faultsOf({ ...production, PUBLIC_URL: 'papers', MAIL_FROM: 'me', SMTP_URL: 'relay' })).sort(),
    ).toEqual(['MAIL_FROM', 'PUBLIC_URL', 'SMTP_URL']);
  });

  it('nothing of that is asked for elsewhere', () => {
    expect(faultsOf({ NODE_ENV: 'development' })).toEqual([]);
    expect(faultsOf({ NODE_ENV: 'test' })).toEqual([]);
  });
});

describe('SMTP_URL', () => {
  const servers = (text: string) => read({ SMTP_URL: text }).smtpServers;

  it('one server: the port follows from the scheme', () => {
    expect(servers('smtp://mail.example.org')).toEqual([
      { host: 'mail.example.org', port: 25, secure: false, weight: 1, pool: 10 },
    ]);
    expect(servers('smtps://mail.example.org')).toMatchObject([{ port: 465, secure: true }]);
    expect(servers('smtps://mail.example.org:2465/')).toMatchObject([{ port: 2465, secure: true }]);
  });

  it('several servers, each with its own options', () => {
    expect(
      servers('smtp://a.example.org:587?rate=2.5&weight=3&pool=20, smtps://u:p@b.example.org?pool=1'),
    ).toEqual([
      { host: 'a.example.org', port: 587, secure: false, rate: 2.5, weight: 3, pool: 20 },
      { host: 'b.example.org', port: 465, secure: true, weight: 1, pool: 1, auth: { user: 'u', pass: 'p' } },
    ]);
  });

  it('names and passwords are percent-decoded', () => {
    expect(servers('smtp://ap%40example.org:p%2Cw%3A%2F%3F%23%40%25%C3%A9@h')[0]?.auth).toEqual({
      user: 'ap@example.org',
      pass: 'p,w:/?#@%é',
    });
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (user, pass) => {
        const encoded = `smtp://${encodeURIComponent(user)}:${encodeURIComponent(pass)}@h`;
        expect(servers(encoded)[0]?.auth).toEqual({ user, pass });
      }),
    );
  });

  it('IPv6 hosts are written in brackets and used without', () => {
    expect(servers('smtp://[::1]:2525,smtp://u:p@[2001:db8::25]')).toMatchObject([
      { host: '::1', port: 2525 },
      { host: '2001:db8::25', port: 25, auth: { user: 'u' } },
    ]);
  });

  it.each([
    'mail.example.org',
    'http://mail.example.org',
    'smtp://',
    'smtp://mail.example.org:99999',
    'smtp://mail.example.org:0',
    'smtp://mail.example.org?rates=5',
    'smtp://mail.example.org?rate=0',
    'smtp://mail.example.org?pool=0',
    'smtp://mail.example.org?pool=1001',
    'smtp://mail.example.org?weight=-1',
    'smtp://mail.example.org,',
    'smtp://u:%zz@mail.example.org',
    'smtp://u:p@ss@mail.example.org#x',
    'smtp://mail.example.org/path',
    'smtp://mail example.org',
  ])('%s is a fault', (text) => {
    expect(namesOf(faultsOf({ SMTP_URL: text }))).toEqual(['SMTP_URL']);
  });
});

describe('DKIM', () => {
  const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pem = pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
  const all = { DKIM_DOMAIN: 'Example.org', DKIM_SELECTOR: 'mail', DKIM_KEY: pem };

  it('all three, or none', () => {
    expect(read(all).dkim).toEqual({ domain: 'example.org', selector: 'mail', key: pem });
    expect(read({}).dkim).toBeUndefined();
    for (const left of Object.keys(all)) {
      const faults = faultsOf({ ...all, [left]: '' });
      expect(faults).toEqual([
        'DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY belong together. Set all three, or none to let the relay sign.',
      ]);
      expect(namesOf(faultsOf({ [left]: all[left as keyof typeof all] }))).toEqual(['DKIM_DOMAIN,']);
    }
  });

  it('the key may be written on one line', () => {
    expect(read({ ...all, DKIM_KEY: pem.replaceAll('\n', '\\n') }).dkim?.key).toBe(pem);
  });

  it('a key that cannot sign is a fault now, and not at the first mail', () => {
    const young = pemOf(generateKeyPairSync('ed25519').privateKey);
    for (const key of ['swordfish', pem.slice(0, -40), young]) {
      const faults = faultsOf({ ...all, DKIM_KEY: key });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^DKIM_KEY must be an RSA private key .* \(the relay signs\)\.$/);
    }
  });
});
