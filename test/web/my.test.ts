import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settleByEvidence } from '../../src/deliveries/index.ts';
import {
  addSubscriber,
  confirm,
  defaultPreferences,
  importSubscribers,
  showSubscriber,
  subscribe,
  unsubscribe,
} from '../../src/subscribers/index.ts';
import { startWeb, type WebServer } from '../../src/web/index.ts';
import { issue, ledger } from '../deliveries/support.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain } from '../support/day.ts';
import { dumpTables, postForm } from './support.ts';

let app: TestApp;
let web: WebServer;
let ada: number;

const MINUTE = 60_000;
const later = (minutes: number) => app.clock.set(new Date(app.clock.now().getTime() + minutes * MINUTE));
const preferencesOf = (id: number) => `/preferences/${app.links.token('preferences', id)}`;
const get = (path: string, init: RequestInit = {}) => fetch(`${web.url}${path}`, init);
const textOf = async (path: string) => (await get(path)).text();
const forged = (token: string) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');

/** The path of the link in the last proof mail that came to this address. */
function linkOf(email: string): string {
  const mail = app.sink.received.findLast(
    ({ to, parsed }) => to.includes(email) && /Your link/.test(parsed.subject ?? ''),
  );
  const [, path] = /https:\/\/papers\.example\.org(\/proof\/[\w-]{28})\s/.exec(mail?.parsed.text ?? '') ?? [];
  if (path === undefined) throw new Error(`No proof mail came to ${email}.`);
  return path;
}

/** Asks on the page, waits for the mail, and gives the path of its link; seldom enough for six a day. */
async function prove(id: number, email: string): Promise<string> {
  later(241);
  await postForm(web, `${preferencesOf(id)}/prove`, {});
  await drain(app);
  return linkOf(email);
}

beforeAll(async () => {
  app = await startTestApp({ now: new Date('2026-06-10T09:00Z') });
  web = await startWeb({ ...app, knock: () => {} });
  ada = await addReader(app, 'ada@example.org', { maxPapers: 2 });
  await addReader(app, 'bob@example.org');
  await issue(app, '2026-06-10', 4);
  app.clock.set(new Date('2026-06-11T07:30Z'));
  await drain(app);
});
afterAll(async () => {
  await web?.close();
  await app?.end();
});

describe('proving the mailbox', () => {
  test('a mail to the reader alone, at most one in 15 minutes; the link works for 15 minutes, any number of times', async () => {
    const before = app.sink.received.length;
    const path = `${preferencesOf(ada)}/prove`;
    expect(await textOf(path)).toContain('Send me the link');
    expect(await (await postForm(web, path, {})).text()).toContain('Look into your inbox');
    later(1);
    const again = await (await postForm(web, path, {})).text();
    expect(again).toContain('can be sent from Thursday, 11 June at 07:45');
    await drain(app);
    await drain(app);
    expect(app.sink.received.slice(before).map(({ to }) => to)).toEqual([['ada@example.org']]);
    const [row] = await ledger(app, 'proof');
    expect(row).toMatchObject({ state: 'sent', subscriberId: ada });

    const link = linkOf('ada@example.org');
    const mail = app.sink.received.at(-1)?.parsed;
    expect(mail?.subject).toBe('Your link to your data at Paperboy');
    expect([...String(mail?.html).matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      `https://papers.example.org${link}`,
    ]);
    for (const part of [mail?.text, String(mail?.html)]) expect(part).toContain('1 Test Street, Testville');
    for (let times = 0; times < 2; times += 1)
      expect(await textOf(link)).toContain('until Thursday, 11 June at 07:45');
    later(14);
    for (const page of ['', '/digests', '/data.json', '/erase'])
      expect([page, (await get(link + page)).status]).toEqual([page, 410]);
    expect((await postForm(web, `${link}/erase`, {})).status).toBe(410);
    expect((await postForm(web, link, { feed: 'make' })).status).toBe(410);
    expect(await showSubscriber(app.db, 'ada@example.org')).not.toBeNull();
    expect(await (await postForm(web, path, {})).text()).toContain('Look into your inbox');
  });

  test('at most six mails a day, and the page says when the next can be sent', async () => {
    const id = await addReader(app, 'often@example.org');
    const ask = async () => (await postForm(web, `${preferencesOf(id)}/prove`, {})).text();
    for (let times = 0; times < 6; times += 1) {
      expect(await ask()).toContain('Look into your inbox');
      later(15);
    }
    expect(await ask()).toContain('can be sent from Friday, 12 June at 07:45');
  });

  test('asked many times at once, one mail is owed', async () => {
    const id = await addReader(app, 'cy@example.org');
    await Promise.all(Array.from({ length: 8 }, () => postForm(web, `${preferencesOf(id)}/prove`, {})));
    const rows = await app.db.query('test: proofs', 'select from proofs where subscriber_id = $1', [id]);
    expect(rows).toHaveLength(1);
  });

  test('a mail that could not go within the 15 minutes is not sent any more', async () => {
    const id = await addReader(app, 'late@example.org');
    await postForm(web, `${preferencesOf(id)}/prove`, {});
    app.sink.behave({ rcpt: (to) => (to === 'late@example.org' ? '450 4.2.2 mailbox full' : undefined) });
    await drain(app);
    later(16);
    app.sink.behave({});
    await drain(app);
    const rows = await ledger(app, 'proof');
    expect(rows.find(({ subscriberId }) => subscriberId === id)?.state).toBe('expired');
    expect(() => linkOf('late@example.org')).toThrow();
  });

  test('who has left may still ask for their data', async () => {
    const id = await addReader(app, 'gone@example.org');
    await unsubscribe(app, app.links.token('unsubscribe', id), { page: 'test' });
    expect((await get(await prove(id, 'gone@example.org'))).status).toBe(200);
  });

  test('what a forwarded mail holds opens none of it; nor do forged and foreign tokens', async () => {
    const link = await prove(ada, 'ada@example.org');
    const token = link.slice('/proof/'.length);
    const before = await dumpTables(app);
    const strange = [
      app.links.token('preferences', ada),
      app.links.token('unsubscribe', ada),
      app.links.token('read', ada),
      app.links.token('feed', ada),
      app.links.token('proof', 10_000),
      forged(token),
      `${token}.`,
      'x',
    ];
    for (const one of strange) {
      for (const page of ['', '/digests', '/data.json', '/erase'])
        expect((await get(`/proof/${one}${page}`)).status, page).toBe(404);
      for (const page of ['', '/erase'])
        expect((await postForm(web, `/proof/${one}${page}`, { feed: 'make' })).status).toBe(404);
      expect((await get(`/my/${one}/feed.atom`)).status).toBe(404);
    }
    for (const path of [`/preferences/${token}`, `/preferences/${token}/prove`, `/read/${token}`])
      expect((await get(path)).status).toBe(404);
    // The page of the preferences link asks for the mailbox, and shows nothing.
    for (const path of [`${preferencesOf(ada)}/digests`, `${preferencesOf(ada)}/prove`])
      expect(await textOf(path)).not.toMatch(/ada@|\/read\/|\/proof\/|\/my\//);
    expect(await dumpTables(app)).toBe(before);
  });

  test('no GET, HEAD or OPTIONS changes a byte, and none may be kept', async () => {
    const link = await prove(ada, 'ada@example.org');
    await postForm(web, link, { feed: 'make' });
    const [, feed] = /papers\.example\.org(\/my\/[\w-]{28}\/feed)\.atom/.exec(await textOf(link)) ?? [];
    const paths = [
      `${preferencesOf(ada)}/prove`,
      `${preferencesOf(ada)}/digests`,
      link,
      `${link}/digests`,
      `${link}/data.json`,
      `${link}/erase`,
      `${feed}.atom`,
      `${feed}.json`,
    ];
    const before = await dumpTables(app);
    for (const path of paths)
      for (const query of ['', '?feed=end&_method=POST', '?utm_source=x'])
        for (const method of ['GET', 'HEAD', 'OPTIONS']) {
          const response = await get(path + query, { method, headers: { purpose: 'prefetch' } });
          await response.arrayBuffer();
          expect(response.status, path).toBeLessThan(300);
          if (method === 'OPTIONS') continue;
          expect(response.headers.get('cache-control')).toBe('no-store');
          expect(response.headers.get('referrer-policy')).toBe('no-referrer');
          expect(response.headers.get('x-robots-tag')).toContain('noindex');
          expect(response.headers.get('access-control-allow-origin')).toBeNull();
        }
    expect(await dumpTables(app)).toBe(before);
  });
});

test('the digests I got: each with what became of it, in words without addresses, and as it was sent', async () => {
  const [mine] = (await ledger(app)).filter(({ subscriberId }) => subscriberId === ada);
  await settleByEvidence(app, mine?.messageId ?? '', {
    kind: 'bounced',
    at: app.clock.now(),
    providerEventId: 'test-bounce',
    smtpCode: 550,
    detail: '550 <ada@example.org> is full',
  });
  const link = await prove(ada, 'ada@example.org');
  const page = await textOf(`${link}/digests`);
  expect(page).toContain('Daily edition, Wednesday, 10 June 2026');
  expect(page).toContain(
    'Bounced: your mail server took it on Thursday, 11 June at 07:30, and sent it back.',
  );
  expect(page).not.toMatch(/example\.org"|550|is full|@/);
  const [, read] = /href="(\/read\/[\w-]{28})"/.exec(page) ?? [];
  const digest = await textOf(read ?? '');
  expect(digest).toContain('2606.10000');
  expect(digest).toContain('2606.10001');
  expect(digest).not.toContain('papers/2606.10002');
});

test('the private feed: two papers a digest as chosen; a new address ends the old one', async () => {
  const link = await prove(ada, 'ada@example.org');
  await postForm(web, link, { feed: 'end' });
  expect(await textOf(link)).not.toContain('/my/');
  const feedOf = async (act: string) => {
    const page = await (await postForm(web, link, { feed: act })).text();
    return /papers\.example\.org(\/my\/[\w-]{28}\/feed)\.json/.exec(page)?.[1] ?? 'none';
  };
  const first = await feedOf('make');
  expect(await feedOf('make')).toBe(first);
  const feed = (await (await get(`${first}.json`)).json()) as { feed_url: string; items: { url: string }[] };
  expect(feed.feed_url).toBe(`https://papers.example.org${first}.json`);
  expect(feed.items.map(({ url }) => url.split('/').at(-1))).toEqual(['2606.10000', '2606.10001']);
  const atom = await get(`${first}.atom`);
  expect(atom.headers.get('content-type')).toContain('application/atom+xml');
  expect(await atom.text()).not.toContain('ada@');
  const second = await feedOf('replace');
  expect(second).not.toBe(first);
  expect([(await get(`${first}.atom`)).status, (await get(`${second}.atom`)).status]).toEqual([404, 200]);
  await feedOf('end');
  expect((await get(`${second}.json`)).status).toBe(404);
});

test('my data: one file with all of it', async () => {
  const response = await get(`${await prove(ada, 'ada@example.org')}/data.json`);
  expect(response.headers.get('content-disposition')).toContain('attachment');
  expect(await response.json()).toMatchObject({
    subscriber: { email: 'ada@example.org', state: 'active', preferences: { maxPapers: 2, hour: 7 } },
    consents: [{ step: 'requested', emailTyped: 'ada@example.org' }, { step: 'confirmed' }],
    deliveries: [{ edition: 'daily 2026-06-10', state: 'sent', papers: ['2606.10000', '2606.10001'] }],
    votes: [],
    unwantedAuthors: [],
    profile: null,
  });
});

describe('erasing', () => {
  const wanted = { email: 'Eve@example.org', preferences: defaultPreferences, wording: 'test', page: 'test' };

  test('nothing of the reader is left but a hash; no list brings them back, they themselves can', async () => {
    const id = await addReader(app, 'Eve@example.org', { authors: ['Ada Lovelace'] });
    await drain(app);
    app.sink.behave({
      rcpt: (to) => (/^eve@/i.test(to) ? '550 5.1.1 <Eve@example.org> unknown' : undefined),
    });
    await issue(app, '2026-06-12', 3);
    app.clock.set(new Date('2026-06-13T07:30Z'));
    await drain(app);
    app.sink.behave({});
    await issue(app, '2026-06-13', 3);
    const link = await prove(id, 'Eve@example.org');
    expect(await textOf(`${link}/digests`)).toContain('Not delivered: your mail server did not take it.');
    await postForm(web, link, { feed: 'make' });
    const [, read] = /href="(\/read\/[\w-]{28})"/.exec(await textOf(`${link}/digests`)) ?? [];
    expect((await get(read ?? '')).status).toBe(200);
    expect(await (await postForm(web, `${link}/erase`, {})).text()).toContain('You are erased');
    for (const path of [link, `${link}/data.json`, preferencesOf(id), read ?? ''])
      expect((await get(path)).status).toBe(404);
    expect((await postForm(web, `${link}/erase`, {})).status).toBe(404);
    expect(await dumpTables(app)).not.toMatch(/eve@example/i);

    // Its ledger rows stay, and what was due is skipped.
    app.clock.set(new Date('2026-06-14T07:30Z'));
    await drain(app);
    const rows = (await ledger(app)).filter(({ subscriberId }) => subscriberId === id);
    expect(rows.map(({ state, reason }) => [state, reason])).toEqual([
      ['sent', null],
      ['failed', null],
      ['skipped', 'the reader was erased'],
    ]);

    // Neither an import nor an operator brings them back.
    const csv = async function* () {
      yield Buffer.from('email\nEVE@example.org\n');
    };
    expect(await importSubscribers(app, csv())).toMatchObject({ added: 0, suppressed: 1 });
    expect(await addSubscriber(app, wanted)).toEqual({ outcome: 'suppressed' });
    expect(await showSubscriber(app.db, 'eve@example.org')).toBeNull();

    // They ask themselves: the confirmation comes, and after it the digest.
    const before = app.sink.received.length;
    await subscribe(app, wanted);
    await drain(app);
    const [mail] = app.sink.received.slice(before);
    const [, token] = /\/confirm\/([\w-]{28})/.exec(mail?.parsed.text ?? '') ?? [];
    expect(await addSubscriber(app, wanted)).toEqual({ outcome: 'suppressed' });
    expect(await confirm(app, token ?? '', { page: 'test' })).toMatchObject({ outcome: 'confirmed' });
    await drain(app);
    expect(app.sink.received.slice(before).map(({ to }) => to)).toEqual([
      ['Eve@example.org'],
      ['Eve@example.org'],
    ]);
  });

  test('an address that complained stays suppressed, whoever asks', async () => {
    const id = await addReader(app, 'mal@example.org');
    await app.db.query('test: suppress', "insert into suppressions values ($1, 'complained', now())", [
      app.links.addressHashes('mal@example.org')[0],
    ]);
    const { eraseReader } = await import('../../src/deliveries/index.ts');
    expect(await eraseReader(app, id)).toBe('erased');
    expect(await eraseReader(app, id)).toBe('unknown');
    const before = app.sink.received.length;
    await subscribe(app, { ...wanted, email: 'mal@example.org' });
    await drain(app);
    expect(app.sink.received.slice(before)).toEqual([]);
  });
});
