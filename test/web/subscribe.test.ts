import { load } from 'cheerio';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CONSENT_WORDING } from '../../src/web/rules/consent.ts';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
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

describe('what to follow', () => {
  const text = async (response: Promise<Response>) => load(await (await response).text());

  test('topics as ids, lists a line each', async () => {
    const fields = new URLSearchParams([
      ['email', 'follows@example.org'],
      ['topics', ''],
      ['topics', 'robotics'],
      ['topics', 'Reasoning'],
      ['searches', '"diffusion policy" -video\r\n\r\nagents'],
      ['authors', 'Ada Lovelace\nAlan Turing'],
      ['organisations', ''],
      ['categories', 'cs.RO'],
      ['max_papers', '20'],
    ]);
    expect((await fetch(`${web.url}/subscribe`, { method: 'POST', body: fields })).status).toBe(200);
    expect((await requests()).at(-1)).toMatchObject({
      preferences: {
        topics: ['robotics', 'reasoning'],
        searches: ['"diffusion policy" -video', 'agents'],
        authors: ['Ada Lovelace', 'Alan Turing'],
        organisations: [],
        categories: ['cs.RO'],
        maxPapers: 20,
      },
    });
  });

  test('all that is wrong is said at once, beside its field; all that was typed is kept', async () => {
    const before = await dumpTables(web);
    const response = await postForm(web, '/subscribe', {
      email: 'not an address',
      topics: 'video',
      searches: 'fine\na OR\n"open',
      authors: '???',
      max_papers: 'many',
    });
    expect(response.status).toBe(422);
    const page = load(await response.text());
    expect(page('#email').val()).toBe('not an address');
    expect(page('#searches').val()).toBe('fine\na OR\n"open');
    expect(page('#max_papers').val()).toBe('many');
    expect(page('#searches-error').text()).toMatch(/“a OR”: OR stands .*“"open”: A quotation mark/);
    expect(page('#authors-error').text()).toBe('“???”: A name needs a letter.');
    expect(page('#max-error').text()).toContain('1 to 100');
    expect(page('input[value=video]').attr('checked')).toBeDefined();
    expect(page('details').attr('open')).toBeDefined();
    expect(await dumpTables(web)).toBe(before);
  });

  test('what is wrong with fields that the form does not show is said at its top; too many fields are named so', async () => {
    const hidden = await postForm(web, '/subscribe', {
      email: 'hand@example.org',
      min_matches: '99',
      abstracts: 'zz',
      days: '',
      hour: '77',
    });
    expect(hidden.status).toBe(422);
    const page = load(await hidden.text());
    expect(page('.error[role=alert]').text()).toBe(
      'min_matches: Give a whole number from 1 to 20. abstracts: Choose short or full.',
    );
    expect(page('#days-error').text()).toBe('Tick at least one day.');
    expect(page('#hour').attr('aria-describedby')).toBe('hour-error');
    expect(page('#hour [selected]').attr('value')).toBe('7');
    const many = await fetch(`${web.url}/subscribe`, {
      method: 'POST',
      body: new URLSearchParams('f=1&'.repeat(1001)),
    });
    expect(many.status).toBe(413);
    expect(await many.text()).toContain('The form has too many fields.');
  });

  test('more than fifty in all get one sentence', async () => {
    const page = await text(
      postForm(web, '/subscribe', {
        email: 'many@example.org',
        searches: Array.from({ length: 900 }, (_, number) => `word${number}`).join('\n'),
        authors: Array.from({ length: 100 }, (_, number) => `Author A${number}`).join('\n'),
      }),
    );
    expect(
      page('.sign-up .error')
        .map((_, item) => page(item).text())
        .get(),
    ).toEqual(['Keep to 50 interests; these are 1000. A topic may stand for several searches.']);
  });

  test('a link may fill in what to follow; what it makes up is refused and escaped', async () => {
    const good = await fetch(
      `${web.url}/subscribe?topics=robotics&topics=3D+and+graphics&searches=agents+-video&email=x@example.org`,
    );
    expect(good.status).toBe(200);
    const filled = load(await good.text());
    const ticked = filled('input[name=topics]:checked')
      .map((_, box) => filled(box).val())
      .get();
    expect(ticked).toEqual(['3d', 'robotics']);
    expect(filled('#searches').val()).toBe('agents -video');
    expect(filled('#email').val()).toBe('');

    const broken = load(await (await fetch(`${web.url}/subscribe?searches=%22a`)).text());
    expect(
      broken('main')
        .text()
        .match(/A quotation mark is missing/g),
    ).toHaveLength(1);

    const evil = '"><script>alert(1)</script>{{ site.name }}\u202e';
    const bad = await fetch(
      `${web.url}/subscribe?${new URLSearchParams([
        ['topics', evil],
        ['searches', `${evil} "`],
        ['authors', '</textarea><script>alert(2)</script>'],
        ['categories[x]', 'y'],
        ['__proto__', 'z'],
      ])}`,
    );
    expect(bad.status).toBe(400);
    const html = await bad.text();
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toContain('\u202e”');
    expect(load(html)('.topics .error').text()).toMatch(/This topic is not known\. Choose one of: /);
    expect(load(html)('#authors').val()).toBe('</textarea><script>alert(2)</script>');
  });

  test('the API names each item as it was written', async () => {
    const response = await postJson(web, '/api/v1/subscriptions', {
      email: 'a@example..org',
      topics: ['robotics', 'robotics', '<nonsense>'],
      searches: ['fine', '', 'a OR'],
    });
    const { errors } = (await response.json()) as { errors: { pointer: string; detail: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '#/email',
      '#/searches/1',
      '#/topics/2',
      '#/searches/2',
    ]);
    expect(errors.at(-1)?.detail).toContain('“a OR”: OR stands between');
  });
});

describe('a preview', () => {
  test('shows what the newest edition would have been, keeps what was typed, saves nothing, tells nothing', async () => {
    for (const [number, title] of ['Robots that fold', 'Proteins that fold', 'A plain thing'].entries())
      await insertPaper(web, { id: `2606.1000${number}`, day: '2026-06-10', title, upvotes: 9 - number });
    const ids = ['2606.10000', '2606.10001', '2606.10002'];
    const none = load(await (await fetch(`${web.url}/subscribe`)).text());
    expect(none('.tried').text()).toContain('There is no daily edition yet');
    await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: ids, more: 2 });
    await addReader(web, 'known@example.org');

    const before = await dumpTables(web);
    const knocks = web.knocks();
    const ask = async (email: string) => {
      const response = await postForm(web, '/subscribe', {
        email,
        searches: 'protein\na OR\nzebra',
        authors: 'Ada Lovelace',
        max_papers: '2',
        preview: '1',
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      return response.text();
    };
    const html = await ask('known@example.org');
    const page = load(html);
    expect(page('.tried').text()).toContain('Not saved yet.');
    expect(page('#max-error, #email-error')).toHaveLength(0);
    const odd = await postForm(web, '/subscribe', { email: '', max_papers: '500', days: '', preview: '1' });
    const tried = load(await odd.text());
    expect([odd.status, tried('#max-error, #days-error, #email-error').length]).toEqual([200, 2]);
    expect(page('.tried').text()).toContain(
      'Yesterday this would have sent you these 2 papers, by your choices.',
    );
    expect(
      page('.hint')
        .map((_, item) => page(item).text())
        .get(),
    ).toEqual([
      expect.stringContaining('“a OR”: OR stands between'),
      "“zebra” finds none of yesterday's papers.",
    ]);
    expect(page('.preview li').text()).toContain('Proteins that fold');
    expect(page('.preview .why strong').text()).toContain('You follow Ada Lovelace');
    expect(page('#email').val()).toBe('known@example.org');
    expect((await ask('stranger@example.org')).replaceAll('stranger@', 'known@')).toBe(html);
    expect(await dumpTables(web)).toBe(before);
    expect(web.knocks()).toBe(knocks);
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
