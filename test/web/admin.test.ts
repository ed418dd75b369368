import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/platform/index.ts';
import { type AfterADay, liveADay, TOKEN } from './admin-fixtures.ts';
import { addReader, dumpTables, NOW, startTestWeb, type TestWeb } from './support.ts';

const basic = (password: string, name = 'operator') => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('who is let in', () => {
  let web: TestWeb;
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${web.url}${path}`, { method, headers, redirect: 'manual' });
  /** Past the minute for which wrong tokens count. */
  const aMinuteLater = () => web.clock.set(new Date(web.clock.now().getTime() + 60_000));

  beforeAll(async () => {
    web = await startTestWeb({ adminToken: TOKEN });
    await addReader(web, 'secret-reader@example.org');
  });
  afterAll(() => web.close());

  test.each([
    ['Basic, any user name', basic(TOKEN, 'anyone at all')],
    ['Basic, no user name', basic(TOKEN, '')],
    ['Basic in capitals', { authorization: basic(TOKEN).authorization.replace('Basic', 'BASIC') }],
    ['Bearer', bearer(TOKEN)],
  ])('%s opens it', async (_, headers) => {
    const response = await ask('/admin', headers);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-robots-tag')).toContain('noindex');
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(await response.text()).toContain('No edition has been made yet');
  });

  test.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['a wrong password', basic('wrong')],
    ['no password', basic('')],
    ['the token as the user name', basic('', TOKEN)],
    ['a beginning of the token', bearer(TOKEN.slice(0, -1))],
    ['the token and more', bearer(`${TOKEN}x`)],
    ['the token in other letters', bearer(TOKEN.toUpperCase())],
    ['another scheme', { authorization: `Digest ${TOKEN}` }],
    ['no scheme', { authorization: TOKEN }],
    ['Basic that is not base64', { authorization: 'Basic ???' }],
    ['Basic without a colon', { authorization: `Basic ${Buffer.from(TOKEN).toString('base64')}` }],
  ])('%s does not, for any page', async (_, headers) => {
    aMinuteLater();
    for (const path of ['/admin', '/admin/editions/1', '/admin/editions/none', '/admin/']) {
      const response = await ask(path, { accept: 'text/html', ...headers });
      expect(response.status, path).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
      expect(response.headers.get('cache-control')).toBe('no-store');
      const page = await response.text();
      expect(page).toContain('secrets.json');
      expect(page).toContain('ADMIN_TOKEN');
      expect(page).not.toContain('secret-reader');
      expect(page).not.toContain(TOKEN);
    }
  });

  test('HEAD is asked like GET; nothing else is answered', async () => {
    aMinuteLater();
    expect((await ask('/admin', {}, 'HEAD')).status).toBe(401);
    expect((await ask('/admin', bearer(TOKEN), 'HEAD')).status).toBe(200);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const response = await ask('/admin', bearer(TOKEN), method);
      expect([method, response.status, response.headers.get('allow')]).toEqual([
        method,
        405,
        'GET, HEAD, OPTIONS',
      ]);
    }
  });

  test('programs hear of it as problem details', async () => {
    const response = await ask('/admin', { accept: 'application/json' });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 401 });
  });

  test('after ten wrong tokens in a minute the right one is not looked at either, until the minute is over', async () => {
    aMinuteLater();
    for (let wrong = 1; wrong <= 10; wrong += 1) {
      // Those who offer nothing, as a browser at first, guess nothing.
      expect((await ask('/admin')).status).toBe(401);
      expect((await ask('/admin', basic(`guess ${wrong}`))).status).toBe(401);
    }
    web.clock.set(new Date(web.clock.now().getTime() + 30_000));
    for (const headers of [basic('guess 11'), basic(TOKEN), bearer(TOKEN)]) {
      const response = await ask('/admin', headers);
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toBe('30');
      expect(await response.text()).toContain('secrets.json');
    }
    // The loopback proxy is believed, so this is another address.
    expect((await ask('/admin', { ...bearer(TOKEN), 'x-forwarded-for': '198.51.100.7' })).status).toBe(200);
    web.clock.set(new Date(web.clock.now().getTime() + 30_000));
    expect((await ask('/admin', bearer(TOKEN))).status).toBe(200);
  });

  test('an IPv6 network of 64 bits is one guesser', async () => {
    aMinuteLater();
    for (let wrong = 1; wrong <= 10; wrong += 1)
      await ask('/admin', { ...bearer('wrong'), 'x-forwarded-for': `2001:db8:0:7::${wrong}` });
    const from = async (address: string) =>
      (await ask('/admin', { ...bearer(TOKEN), 'x-forwarded-for': address })).status;
    expect(await from('2001:db8:0:7:aaaa:bbbb:cccc:dddd')).toBe(429);
    expect(await from('2001:DB8::7:0:0:0:1')).toBe(429);
    expect(await from('2001:db8:0:8::1')).toBe(200);
  });

  test('nothing of it is in the log: no token, right or wrong, and no address', () => {
    const log = web.logged.join('\n');
    expect(log).toContain('"route":"/admin"');
    for (const secret of [
      TOKEN,
      Buffer.from(`operator:${TOKEN}`).toString('base64'),
      'guess',
      'secret-reader',
    ])
      expect(log.includes(secret), secret).toBe(false);
  });

  test('no public page links to it', async () => {
    for (const path of ['/', '/editions', '/subscribe', '/robots.txt', '/nowhere'])
      expect(await (await ask(path)).text(), path).not.toContain('admin');
  });
});

test.each([
  ['empty', { adminToken: '' }],
  ['absent', {}],
])('with an %s token nobody is let in', async (_, overrides) => {
  const web = await startTestWeb(overrides);
  try {
    for (const headers of [
      {},
      basic(''),
      basic('undefined'),
      bearer('undefined'),
      { authorization: 'Bearer ' },
    ])
      expect((await fetch(`${web.url}/admin`, { headers })).status).toBe(401);
  } finally {
    await web.close();
  }
});

test('with the database away it says so and still shows the parts', async () => {
  // Nothing listens on port 1.
  const db = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', max: 1, onIdleError: () => {} });
  const web = await startTestWeb({
    adminToken: TOKEN,
    db,
    health: async () => ({
      ready: false,
      checks: [{ name: 'database', ok: false, detail: 'does not answer' }],
    }),
  });
  try {
    const response = await fetch(`${web.url}/admin`, { headers: bearer(TOKEN) });
    expect(response.status).toBe(503);
    const page = await response.text();
    expect(page).toContain('The database is away');
    expect(page).toContain('does not answer');
  } finally {
    await web.close();
    await db.close();
  }
});

describe('after a day on which not everything went well', () => {
  let day: AfterADay;
  const ask = (path: string) => fetch(`${day.web.url}${path}`, { headers: bearer(TOKEN) });
  const open = async (path: string) => load(await (await ask(path)).text());
  const textOf = (texts: string) => texts.replace(/\s+/g, ' ').trim();

  beforeAll(async () => {
    day = await liveADay();
  });
  afterAll(() => day?.end());

  test('the overview has the readers, the parts, and the proof of the edition', async () => {
    const $ = await open('/admin');
    const facts = Object.fromEntries(
      $('.figures > div')
        .toArray()
        .map((fact) => [$(fact).find('dt').text(), $(fact).find('dd').text()]),
    );
    expect(facts).toMatchObject({ 'Active readers': '6', 'Not confirmed': '1', Unsubscribed: '1' });
    expect(facts).not.toHaveProperty('Sample readers');
    expect(
      $('.checks strong')
        .toArray()
        .map((name) => $(name).text()),
    ).toEqual(['database', 'queue', 'smtp', 'source huggingface']);
    expect(textOf($('.checks').text())).toContain('Last answer');
    const cells = $('.ledger tbody tr td')
      .toArray()
      .map((cell) => textOf($(cell).text()));
    // Planned = sent + skipped + failed + uncertain + waiting.
    expect(cells).toEqual(['7', '2', '1', '1', '1', '2', '0', '0', '✓ holds']);
    expect($('.ledger tbody a').attr('href')).toBe(`/admin/editions/${day.editionId}`);
    expect($('h1').text()).toBe('One thing needs a look');
    expect(textOf($('.look').text())).toContain('1 mail uncertain');
  });

  test('the edition says who did not get it, and why', async () => {
    const $ = await open(`/admin/editions/${day.editionId}`);
    expect($('h1').text()).toBe('Wednesday, 10 June 2026');
    const causes = $('.causes li')
      .toArray()
      .map((cause) => textOf($(cause).text()));
    const [reasons] = [$('.causes').first()];
    expect(reasons?.find('li')).toHaveLength(4);
    expect(causes).toContain('1 skipped unsubscribed');
    expect(causes).toContain('1 failed the address was refused (550) Retry');
    // Eve's server asked to come back later; fay's hour is to come, and she is not among them.
    expect(causes).toContain('1 planned refused for now (451)');
    expect(causes).toContain('1 failed example.org Retry');
    expect(causes).toContain('1 skipped not handed to a server');
    expect(causes.join()).toContain('uncertain the connection died after DATA');
    const readers = $('.deliveries tbody th')
      .toArray()
      .map((name) => $(name).text());
    expect([...readers].sort()).toEqual(
      ['ada', 'bob', 'carol', 'dan', 'eve', 'fay', 'max'].map((name) => `${name}@example.org`),
    );
    const names = $('.states a')
      .toArray()
      .map((name) => $(name).text());
    expect(names).toEqual(['all', 'sent', 'skipped', 'failed', 'uncertain', 'planned', 'queued', 'sending']);
    const failed = await open($('.states a').eq(3).attr('href') ?? '');
    expect(failed('.deliveries tbody th').text()).toBe('bob@example.org');
    expect(failed('.states [aria-current]').text()).toBe('failed');
  });

  test("a server's reply is text, whatever it says", async () => {
    const text = await (await ask(`/admin/editions/${day.editionId}?state=failed`)).text();
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text.match(/<\/table>/g)).toHaveLength(2);
  });

  test('a hundred a page, newest first, and older ones behind a link', async () => {
    // Only paging is looked at: rows like those of `plan`, more than a page of them.
    await day.app.db.query(
      'test: more rows',
      `insert into deliveries (month, kind, subscriber_id, edition_id, state, due_at, expires_at, message_id, reason, settled_at)
       select month, kind, 1000 + n, edition_id, 'expired', due_at, expires_at, message_id || n, 'overdue', due_at
       from (select * from deliveries where edition_id = $1 order by id limit 1) d, generate_series(1, 1050) n`,
      [day.editionId],
    );
    const seen: string[] = [];
    let path: string | undefined = `/admin/editions/${day.editionId}?state=expired`;
    let pages = 0;
    for (; path && pages < 20; pages += 1) {
      const $ = await open(path);
      const rows = $('.deliveries tbody th')
        .toArray()
        .map((name) => textOf($(name).text()));
      expect(rows.length).toBeLessThanOrEqual(100);
      seen.push(...rows);
      path = $('.steps a[rel=next]').attr('href');
    }
    expect(pages).toBe(11);
    expect(seen).toEqual(Array.from({ length: 1050 }, (_, n) => `erased, number ${2050 - n}`));
    const $ = await open(`/admin/editions/${day.editionId}`);
    // Every row is counted, not the newest ones.
    expect(textOf($('.causes').text())).toContain('1,050 expired overdue');
    // The rows were never planned, and the proof says so.
    expect(textOf($('.ledger td.proof').text())).toBe('✕ 1,057 found');
    expect(textOf((await open('/admin'))('.look').text())).toContain('7 planned and 1,057 found');
  });

  test.each([
    ['/admin/editions/999999', 404],
    ['/admin/editions/0', 404],
    ['/admin/editions/1e3', 404],
    ["/admin/editions/1'--", 404],
    ['/admin/editions/99999999999999999999', 404],
    ['/admin/nothing', 404],
    ['/admin/editions/1?state=lost', 400],
    ['/admin/editions/1?state=', 400],
    ['/admin/editions/1?before=-1', 400],
    ['/admin/editions/1?before=1%20or%201', 400],
    ['/admin/editions/1?state=sent&state=failed', 400],
  ])('%s is answered with %i', async (path, status) => {
    expect((await ask(path.replace('/1?', `/${day.editionId}?`))).status).toBe(status);
  });

  test('looking changes nothing, however often and with whatever method a scanner uses', async () => {
    const before = await dumpTables(day.app);
    for (const path of [
      '/admin',
      `/admin/editions/${day.editionId}`,
      `/admin/editions/${day.editionId}?state=failed`,
    ])
      for (const headers of [{}, bearer(TOKEN)])
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET'])
          await (await fetch(`${day.web.url}${path}`, { method, headers })).text();
    expect(await dumpTables(day.app)).toBe(before);
  });
});

test('the moment of the page is the clock of the service', async () => {
  const web = await startTestWeb({ adminToken: TOKEN });
  try {
    const $ = load(await (await fetch(`${web.url}/admin`, { headers: bearer(TOKEN) })).text());
    expect($('main time').first().attr('datetime')).toBe(NOW.toISOString());
  } finally {
    await web.close();
  }
});
