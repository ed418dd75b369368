import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CONSENT_WORDING } from '../../src/web/rules/consent.ts';
import {
  addReader,
  dumpTables,
  lastRequest,
  postForm,
  postJson,
  startTestWeb,
  stateOf,
  type TestWeb,
} from './support.ts';

let web: TestWeb;

beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

async function requests(): Promise<Record<string, unknown>[]> {
  return web.database.db.query('test: requests', 'select * from consents order by id');
}

/** All that a client can see of an answer but its date. */
async function seen(response: Response) {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'));
  return { status: response.status, headers, body: await response.text() };
}

describe('the form', () => {
  test('asks, keeps what was shown, from where, and the choices; knocks', async () => {
    const page = await (await fetch(`${web.url}/subscribe`)).text();
    expect(page).toContain(CONSENT_WORDING);
    const knocks = web.knocks();
    const response = await fetch(`${web.url}/subscribe`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Test/1.0',
        'x-forwarded-for': '203.0.113.9',
      },
      body: 'email=+Reader%40Example.ORG+&page=%2Fpapers%2F%3Aid&cadence=weekly&days=&days=1&days=3&hour=6&timezone=Europe%2FBerlin&website=',
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Look into your inbox');
    expect(web.knocks()).toBe(knocks + 1);
    const [row] = await requests();
    expect(row).toMatchObject({
      step: 'requested',
      wording: CONSENT_WORDING,
      page: '/papers/:id',
      ip: '203.0.113.9',
      user_agent: 'Test/1.0',
      mail_wanted: true,
      preferences: { cadence: 'weekly', days: [1, 3], hour: 6, timezone: 'Europe/Berlin' },
    });
  });

  test('an address alone is enough', async () => {
    expect((await postForm(web, '/subscribe', { email: 'alone@example.org' })).status).toBe(200);
    const [row] = (await requests()).slice(-1);
    expect(row).toMatchObject({
      preferences: { cadence: 'daily', days: [1, 2, 3, 4, 5, 6, 7], hour: 7, timezone: 'UTC' },
    });
  });

  test('nonsense of a proxy is no IP and no fault', async () => {
    const response = await fetch(`${web.url}/subscribe`, {
      method: 'POST',
      headers: { 'x-forwarded-for': "'; drop table x" },
      body: new URLSearchParams({ email: 'proxy@example.org' }),
    });
    expect(response.status).toBe(200);
    expect((await requests()).at(-1)).toMatchObject({ ip: null });
  });

  test('what cannot be used comes back as it was typed, escaped, with a reason', async () => {
    const before = await dumpTables(web);
    const fields = { email: '"><script>alert(1)</script>@x', hour: '9', cadence: 'weekly' };
    const response = await postForm(web, '/subscribe', fields);
    expect(response.status).toBe(422);
    const page = await response.text();
    expect(page).toContain('value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;@x"');
    expect(page).toContain('<option value="9" selected>');
    expect(page).toContain('id="email-error"');
    const noDay = await postForm(web, '/subscribe', { email: 'days@example.org', days: '' });
    expect(noDay.status).toBe(422);
    expect(await dumpTables(web)).toBe(before);
  });

  test('who fills in the hidden field gets the same page, and nothing happens', async () => {
    const before = await dumpTables(web);
    const honest = await seen(await postForm(web, '/subscribe', { email: 'proxy@example.org' }));
    const counted = await dumpTables(web);
    expect(counted).not.toBe(before);
    const trapped = await seen(
      await postForm(web, '/subscribe', { email: 'bot@example.org', website: 'http://spam.example' }),
    );
    expect(trapped).toEqual(honest);
    expect(await dumpTables(web)).toBe(counted);
  });
});

describe('the answer tells nothing', () => {
  test.each(['form', 'api'])(
    '%s: new, pending, active, gone and suppressed addresses get the same',
    async (door) => {
      const ask = (email: string) =>
        door === 'form'
          ? postForm(web, '/subscribe', { email })
          : postJson(web, '/api/v1/subscriptions', { email });
      const name = (kind: string) => `${kind}-${door}@example.org`;
      await postForm(web, '/subscribe', { email: name('pending') });
      await addReader(web, name('active'));
      const gone = await addReader(web, name('gone'));
      await postForm(web, `/unsubscribe/${gone.unsubscribe}`, {});
      const [hash] = web.links.addressHashes(name('blocked'));
      await web.database.db.query(
        'test: suppress',
        "insert into suppressions (email_hash, reason, at) values ($1, 'bounce', now())",
        [hash],
      );
      const answers = [];
      for (const kind of ['new', 'pending', 'active', 'gone', 'blocked'])
        answers.push(await seen(await ask(name(kind))));
      expect(answers[0]?.status).toBe(door === 'form' ? 200 : 202);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    },
  );

  test('an active reader who is signed up again by anyone stays as is', async () => {
    const reader = await addReader(web, 'steady@example.org', { hour: '5' });
    const row = () =>
      web.database.db.query('test: row', 'select * from subscribers where id = $1', [reader.id]);
    const before = await row();
    await postForm(web, '/subscribe', { email: 'STEADY@example.org', hour: '23', cadence: 'weekly' });
    expect(await row()).toEqual(before);
    expect((await requests()).at(-1)).toMatchObject({ step: 'requested', mail_wanted: false });
    expect(await stateOf(web, reader.id)).toBe('active');
  });
});

describe('the API', () => {
  const path = '/api/v1/subscriptions';

  test('takes every field of the contract', async () => {
    const response = await postJson(web, path, {
      email: 'api@example.org',
      cadence: 'weekly',
      days: [2],
      hour: 0,
      timezone: 'Asia/Tokyo',
      topics: ['Robotics and embodied AI', 'robotics', '3d'],
      searches: ['state space models'],
      authors: ['Ada Lovelace'],
      organisations: ['Example Lab'],
      categories: ['cs.CL'],
      max_papers: 5,
      min_matches: 2,
      abstracts: 'full',
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({ status: 'pending' });
    expect((await requests()).at(-1)).toMatchObject({
      page: 'api',
      preferences: {
        topics: ['robotics', '3d'],
        categories: ['cs.CL'],
        maxPapers: 5,
        minMatches: 2,
        abstracts: 'full',
        timezone: 'Asia/Tokyo',
      },
    });
    expect(await lastRequest(web, 'api@example.org')).toBeDefined();
  });

  let before: string;
  beforeEach(async () => {
    before = await dumpTables(web);
  });

  const large = JSON.stringify({ email: 'a@example.org', topics: ['x'.repeat(1_000_000)] });
  test.each<[string, number, RequestInit]>([
    ['broken JSON', 400, { body: '{"email": ' }],
    ['a wrong type', 415, { body: 'email=a@example.org', headers: { 'content-type': 'text/plain' } }],
    ['a form', 415, { body: new URLSearchParams({ email: 'a@example.org' }) }],
    ['no body', 422, {}],
    ['a megabyte', 413, { body: large }],
    ['not an object', 422, { body: '[1]' }],
    ['a number', 422, { body: '7' }],
    ['null', 422, { body: 'null' }],
    ['an unknown field', 422, { body: '{"email":"a@example.org","state":"active"}' }],
    ['camel case', 422, { body: '{"email":"a@example.org","maxPapers":3}' }],
    ['a malformed address', 422, { body: '{"email":"a@example..org"}' }],
    ['an address that is a list', 422, { body: '{"email":["a@example.org"]}' }],
    ['no address', 422, { body: '{}' }],
    ['an hour too many', 422, { body: '{"email":"a@example.org","hour":24}' }],
    ['a topic of markup', 422, { body: '{"email":"a@example.org","topics":["<b>elephants</b>"]}' }],
    ['a search that cannot be read', 422, { body: '{"email":"a@example.org","searches":["a OR"]}' }],
    ['a category that is none', 422, { body: '{"email":"a@example.org","categories":["!"]}' }],
    [
      'a thousand interests',
      422,
      {
        body: JSON.stringify({
          email: 'a@example.org',
          authors: Array(1000).fill('Ada'),
          searches: ['a OR'],
        }),
      },
    ],
    ['an unknown zone', 422, { body: '{"email":"a@example.org","timezone":"Mars/Base"}' }],
    [
      'a charset that nobody reads',
      415,
      { body: '{}', headers: { 'content-type': 'application/json; charset=x-none' } },
    ],
    [
      'a false encoding',
      415,
      { body: '{}', headers: { 'content-type': 'application/json', 'content-encoding': 'x' } },
    ],
    ['__proto__', 422, { body: '{"email":"a@example.org","__proto__":{"state":"active"}}' }],
  ])('%s gets %i as problem details and changes nothing', async (_, status, init) => {
    const headers =
      init.headers ?? (typeof init.body === 'string' ? { 'content-type': 'application/json' } : {});
    const response = await fetch(`${web.url}${path}`, { method: 'POST', ...init, headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ type: 'about:blank', status });
    expect(problem.detail).toMatch(/\.$/);
    if (status === 422)
      expect(problem.errors).toEqual([expect.objectContaining({ pointer: expect.any(String) })]);
    expect(JSON.stringify(problem)).not.toMatch(/at \w+ \(|node_modules|select /);
    expect(await dumpTables(web)).toBe(before);
  });

  test.each([
    ['GET', path, 'POST, OPTIONS'],
    ['PUT', path, 'POST, OPTIONS'],
    ['DELETE', '/api/v1/papers', 'GET, HEAD, OPTIONS'],
  ])('%s %s gets 405 with Allow', async (method, where, allow) => {
    const response = await fetch(`${web.url}${where}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  test.each([
    '/api/v1/papers?date=x',
    '/api/v1/papers?limit=0',
    '/api/v1/editions?cadence=hourly',
    '/api/v1/editions/x',
  ])('%s gets 400', async (where) => {
    const response = await fetch(`${web.url}${where}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
  });

  test('what is not there gets 404 in the form that the client reads', async () => {
    const type = async (where: string, accept: string) =>
      (await fetch(`${web.url}${where}`, { headers: { accept } })).headers.get('content-type');
    expect(await type('/api/v1/nothing', 'text/html')).toContain('problem+json');
    expect(await type('/nothing', 'application/json')).toContain('problem+json');
    expect(await type('/nothing', 'text/html')).toContain('text/html');
    expect(await type('/nothing', '*/*')).toContain('text/html');
    expect((await fetch(`${web.url}/%E0%A4%A`)).status).toBe(404);
    expect((await fetch(`${web.url}/papers/%E0%A4%A`)).status).toBe(400);
  });
});
