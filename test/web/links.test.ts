import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
  lastRequest,
  NOW,
  postForm,
  startTestWeb,
  stateOf,
  type TestWeb,
} from './support.ts';

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb({
    readDigest: async (id) => (id === 7 ? '<!doctype html><style>p{color:red}</style><p>A digest</p>' : null),
  });
});
afterAll(() => web.close());
afterEach(() => web.clock.set(NOW));

const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000);
/** A token that nobody made, in the right form. */
const forged = (token: string) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
let counter = 0;
const anyone = () => `reader-${++counter}@example.org`;

async function ask(email = anyone()): Promise<{ email: string; token: string }> {
  await postForm(web, '/subscribe', { email, timezone: 'Europe/Berlin', hour: '7' });
  const { id } = await lastRequest(web, email);
  return { email, token: web.links.token('confirm', id) };
}

describe('confirming', () => {
  test('a button, a press, a welcome that says when; pressed again, the same', async () => {
    const { token } = await ask();
    const page = await fetch(`${web.url}/confirm/${token}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/<form method="post">[\s\S]*Confirm<\/button>/);
    const knocks = web.knocks();
    const pressed = await postForm(web, `/confirm/${token}`, {});
    const welcome = await pressed.text();
    expect(pressed.status).toBe(200);
    // It is 11:00 in Berlin.
    expect(welcome).toContain('Friday, 12 June at 07:00');
    expect(welcome).toContain('Europe/Berlin');
    expect(welcome).toContain('Your first digest');
    expect(web.knocks()).toBe(knocks + 1);
    const again = await postForm(web, `/confirm/${token}`, {});
    expect([again.status, await again.text()]).toEqual([200, welcome]);
    expect(web.knocks()).toBe(knocks + 1);
  });

  test('pressed twice at once it confirms once', async () => {
    const { token, email } = await ask();
    const pressed = await Promise.all([1, 2, 3].map(() => postForm(web, `/confirm/${token}`, {})));
    expect(pressed.map(({ status }) => status)).toEqual([200, 200, 200]);
    const rows = await web.database.db.query(
      'test: confirmations',
      "select from consents where email = $1 and step = 'confirmed'",
      [email],
    );
    expect(rows).toHaveLength(1);
  });

  test('a latest edition is said to be on its way', async () => {
    await insertPaper(web, { id: '2606.1000', day: '2026-06-10' });
    await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: ['2606.1000'] });
    const { token } = await ask();
    const welcome = await (await postForm(web, `/confirm/${token}`, {})).text();
    expect(welcome).toMatch(/Wednesday, 10 June 2026<\/strong>, is on its way/);
  });

  test('after 7 days: 410 and a form; forged: 404', async () => {
    const { token } = await ask();
    web.clock.set(days(7));
    for (const method of ['GET', 'POST']) {
      const late = await fetch(`${web.url}/confirm/${token}`, { method });
      expect(late.status).toBe(410);
      expect(await late.text()).toContain('action="/subscribe"');
      for (const wrong of [
        forged(token),
        'x',
        `${token}.`,
        `${token}%00`,
        `${token}/`.repeat(1).replace('/', '%2F'),
      ]) {
        const unknown = await fetch(`${web.url}/confirm/${wrong}`, { method });
        expect(unknown.status, wrong).toBe(404);
      }
    }
  });

  test('tokens of one purpose are nothing to another', async () => {
    const reader = await addReader(web, anyone());
    for (const path of [
      `/confirm/${reader.unsubscribe}`,
      `/unsubscribe/${reader.preferences}`,
      `/preferences/${reader.unsubscribe}`,
      `/read/${reader.preferences}`,
    ])
      expect((await fetch(`${web.url}${path}`)).status, path).toBe(404);
  });
});

describe('one-click', () => {
  const form = 'application/x-www-form-urlencoded';
  const multipart =
    '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n';
  const bodies: [string, RequestInit][] = [
    ['urlencoded', { headers: { 'content-type': form }, body: 'List-Unsubscribe=One-Click' }],
    ['multipart', { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: multipart }],
    ['empty', {}],
    ['empty urlencoded', { headers: { 'content-type': form }, body: '' }],
    ['plain text', { headers: { 'content-type': 'text/plain' }, body: 'List-Unsubscribe=One-Click' }],
    ['JSON', { headers: { 'content-type': 'application/json' }, body: '{"broken' }],
    ['no type known', { headers: { 'content-type': ';;;' }, body: 'x' }],
    ['a megabyte', { headers: { 'content-type': form }, body: 'x'.repeat(1_000_000) }],
    ['false encoding', { headers: { 'content-type': form, 'content-encoding': 'gzip' }, body: 'no gzip' }],
    [
      'foreign origin',
      {
        headers: {
          'content-type': form,
          origin: 'https://mail.example',
          'sec-fetch-site': 'cross-site',
          cookie: 'a=b',
        },
        body: 'List-Unsubscribe=One-Click',
      },
    ],
    ['wants JSON', { headers: { accept: 'application/json' }, body: 'List-Unsubscribe=One-Click' }],
  ];

  test.each(bodies)('%s acts at once: 200, text, no redirect, no cookie', async (_, init) => {
    const reader = await addReader(web, anyone());
    const response = await fetch(`${web.url}/unsubscribe/${reader.unsubscribe}`, {
      method: 'POST',
      redirect: 'manual',
      ...init,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await stateOf(web, reader.id)).toBe('unsubscribed');
  });

  /** Writes bytes to the port and gives what comes back until the other side closes or answers. */
  function talk(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const { port } = new URL(web.url);
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.includes('unsubscribed')) socket.end();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  }

  test('HTTP/1.0 without a host acts', async () => {
    const reader = await addReader(web, anyone());
    const body = 'List-Unsubscribe=One-Click';
    const answer = await talk(
      `POST /unsubscribe/${reader.unsubscribe} HTTP/1.0\r\nContent-Type: ${form}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await stateOf(web, reader.id)).toBe('unsubscribed');
  });

  test('a body that breaks off acts', async () => {
    const reader = await addReader(web, anyone());
    const { port } = new URL(web.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `POST /unsubscribe/${reader.unsubscribe} HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: 500\r\n\r\nList-`,
    );
    socket.end();
    await expect.poll(() => stateOf(web, reader.id)).toBe('unsubscribed');
    socket.destroy();
  });

  test('twice, and thrice at once: 200 each, one record', async () => {
    const email = anyone();
    const reader = await addReader(web, email);
    const path = `/unsubscribe/${reader.unsubscribe}`;
    const all = await Promise.all(
      [1, 2, 3].map(() => postForm(web, path, { 'List-Unsubscribe': 'One-Click' })),
    );
    expect([...all.map(({ status }) => status), (await postForm(web, path, {})).status]).toEqual([
      200, 200, 200, 200,
    ]);
    const rows = await web.database.db.query(
      'test: leavings',
      "select page from consents where email = $1 and step = 'unsubscribed'",
      [email],
    );
    expect(rows).toEqual([{ page: 'one-click' }]);
  });

  test('the link of a mail that is 400 days old acts', async () => {
    const reader = await addReader(web, anyone());
    web.clock.set(days(400));
    expect((await postForm(web, `/unsubscribe/${reader.unsubscribe}`, {})).status).toBe(200);
    expect(await stateOf(web, reader.id)).toBe('unsubscribed');
  });

  test('an unknown token gets the same answer and changes nothing', async () => {
    const reader = await addReader(web, anyone());
    const known = await postForm(web, `/unsubscribe/${reader.unsubscribe}`, {});
    const before = await dumpTables(web);
    const body = await known.text();
    for (const token of [forged(reader.unsubscribe), 'x', 'A'.repeat(28)]) {
      const response = await postForm(web, `/unsubscribe/${token}`, {});
      expect([response.status, await response.text()]).toEqual([200, body]);
    }
    expect(await dumpTables(web)).toBe(before);
  });
});

describe('the page to leave', () => {
  test('button, done, and the way back is double opt-in', async () => {
    const email = anyone();
    const reader = await addReader(web, email);
    const path = `/unsubscribe/${reader.unsubscribe}`;
    const page = await (await fetch(`${web.url}${path}`)).text();
    expect(page).toContain('name="via" value="page"');
    expect(page).toContain(`/preferences/${reader.preferences}`);
    const done = await postForm(web, path, { via: 'page', reason: 'Too many <mails>' });
    expect(done.status).toBe(200);
    expect(await done.text()).toMatch(/You are unsubscribed[\s\S]*href="\/subscribe"/);
    expect(await stateOf(web, reader.id)).toBe('unsubscribed');
    // The old confirmation does not bring them back; a new one does.
    expect((await postForm(web, `/confirm/${reader.confirm}`, {})).status).toBe(410);
    web.clock.set(days(1));
    await postForm(web, `/confirm/${(await ask(email)).token}`, {});
    expect(await stateOf(web, reader.id)).toBe('active');
  });

  test('an unknown token: 404, nothing more to do, and no hint', async () => {
    const reader = await addReader(web, anyone());
    const token = forged(reader.unsubscribe);
    const page = await fetch(`${web.url}/unsubscribe/${token}`);
    const pressed = await postForm(web, `/unsubscribe/${token}`, { via: 'page' });
    expect([page.status, pressed.status]).toEqual([404, 404]);
    const text = await page.text();
    expect(text).toContain('Nothing more to do');
    expect(await pressed.text()).toBe(text);
  });
});

describe('preferences', () => {
  test('are seen and changed; the pause too', async () => {
    const reader = await addReader(web, anyone(), { hour: '6', timezone: 'Asia/Tokyo' });
    const path = `/preferences/${reader.preferences}`;
    const page = await (await fetch(`${web.url}${path}`)).text();
    expect(page).toContain('<option value="6" selected>');
    expect(page).toContain('<option value="Asia/Tokyo" selected>');
    expect(page).toContain(`/unsubscribe/${reader.unsubscribe}`);
    const body = new URLSearchParams({
      cadence: 'weekly',
      hour: '20',
      timezone: 'America/New_York',
      max_papers: '3',
      paused_until: '2026-07-01',
    });
    for (const day of ['', '1', '5']) body.append('days', day);
    const saved = await fetch(`${web.url}${path}`, { method: 'POST', body });
    expect(saved.status).toBe(200);
    expect(await saved.text()).toContain('Saved');
    const [row] = await web.database.db.query('test: row', 'select * from subscribers where id = $1', [
      reader.id,
    ]);
    expect(row).toMatchObject({
      cadence: 'weekly',
      days: [1, 5],
      hour: 20,
      timezone: 'America/New_York',
      max_papers: 3,
      paused_until: '2026-07-01',
      state: 'active',
    });
  });

  test('what cannot be used is said beside its field and nothing is saved', async () => {
    const reader = await addReader(web, anyone());
    const before = await dumpTables(web);
    for (const fields of [
      { days: '' },
      { hour: '25' },
      { max_papers: '"><b>' },
      { timezone: 'Mars' },
      { paused_until: 'soon' },
    ]) {
      const response = await postForm(web, `/preferences/${reader.preferences}`, {
        cadence: 'daily',
        ...fields,
      });
      expect(response.status, JSON.stringify(fields)).toBe(422);
      const page = await response.text();
      expect(page, JSON.stringify(fields)).toContain('class="error"');
      expect(page).not.toContain('<b>');
    }
    expect(await dumpTables(web)).toBe(before);
  });

  test('a forged link: 404', async () => {
    const reader = await addReader(web, anyone());
    const path = `/preferences/${forged(reader.preferences)}`;
    expect((await fetch(`${web.url}${path}`)).status).toBe(404);
    expect((await postForm(web, path, { hour: '3' })).status).toBe(404);
  });
});

describe('reading in the browser', () => {
  test('the digest as mailed, in a sandbox', async () => {
    const response = await fetch(`${web.url}/read/${web.links.token('read', 7)}`);
    expect(response.status).toBe(200);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain('sandbox');
    expect(policy).toContain("style-src 'unsafe-inline'");
    expect(policy).not.toMatch(/script-src|allow-scripts|allow-same-origin/);
    expect(await response.text()).toContain('A digest');
    expect((await fetch(`${web.url}/read/${web.links.token('read', 8)}`)).status).toBe(404);
    expect((await fetch(`${web.url}/read/x`)).status).toBe(404);
  });
});

describe('link scanners', () => {
  const agents = [
    'Mozilla/5.0',
    'GoogleImageProxy',
    'BarracudaCentral',
    'Mimecast',
    'SafeLinks',
    'Proofpoint',
    'curl/8',
    'facebookexternalhit/1.1',
    'Slackbot',
    'Twitterbot',
    'bingbot',
    '',
  ];

  const queries = [
    '',
    '?utm_source=digest',
    '?confirm=true&via=page',
    '?List-Unsubscribe=One-Click&_method=POST',
  ];

  test('no GET, HEAD or OPTIONS of any link changes a byte of any table', async () => {
    const reader = await addReader(web, anyone());
    const pending = await ask();
    web.clock.set(days(2));
    const links = [
      `/confirm/${pending.token}`,
      `/confirm/${reader.confirm}`,
      `/unsubscribe/${reader.unsubscribe}`,
      `/preferences/${reader.preferences}`,
      `/read/${web.links.token('read', 7)}`,
      '/subscribe',
      '/',
    ];
    const before = await dumpTables(web);
    const knocks = web.knocks();
    for (const link of links) {
      const tries = agents.flatMap((agent, index) =>
        ['GET', 'HEAD', 'OPTIONS'].map((method) =>
          fetch(`${web.url}${link}${queries[index % queries.length]}`, {
            method,
            headers: {
              'user-agent': agent,
              purpose: 'prefetch',
              'sec-purpose': 'prefetch;prerender',
              'x-http-method-override': 'POST',
            },
          }),
        ),
      );
      for (const response of await Promise.all(tries)) {
        await response.arrayBuffer();
        expect(response.status, link).toBeLessThan(300);
        expect(response.headers.get('set-cookie')).toBeNull();
        if (/^\/(confirm|unsub|pref|read)/.test(link) && response.status === 200) {
          expect(response.headers.get('cache-control')).toBe('no-store');
          expect(response.headers.get('referrer-policy')).toBe('no-referrer');
          expect(response.headers.get('x-robots-tag')).toContain('noindex');
        }
      }
      // Trailing punctuation of a link cut out of a text: nothing there, nothing done.
      for (const end of link.length > 20 ? ['.', ')', '%3E', '&'] : []) {
        const response = await fetch(`${web.url}${link}${end}`);
        expect(response.status).toBe(404);
      }
    }
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect((await fetch(`${web.url}/unsubscribe/${reader.unsubscribe}`, { method })).status).toBe(405);
    expect(await dumpTables(web)).toBe(before);
    expect(web.knocks()).toBe(knocks);
  });
});

describe('without a database', () => {
  let broken: TestWeb;
  let token: string;
  beforeEach(async () => {
    broken = await startTestWeb({
      db: {
        query: async () => {
          throw new Error('The statement failed', {
            cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
          });
        },
        transaction: async () => {
          throw new Error('Connection terminated unexpectedly');
        },
      },
    });
    token = broken.links.token('unsubscribe', 1);
  });
  afterEach(() => broken.close());

  test('503 with Retry-After, so that a provider tries again; alive all the same', async () => {
    const answers = [
      await postForm(broken, `/unsubscribe/${token}`, { 'List-Unsubscribe': 'One-Click' }),
      await postForm(broken, '/subscribe', { email: 'a@example.org' }),
      await fetch(`${broken.url}/`),
      await fetch(`${broken.url}/api/v1/papers`),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.text()).not.toMatch(/ECONNREFUSED|statement/);
    }
    expect((await fetch(`${broken.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${broken.url}/subscribe`)).status).toBe(200);
    expect(broken.logged.join()).not.toContain(token);
  });

  test('a bug is 500 without its inside', async () => {
    const buggy = await startTestWeb({
      readDigest: async () => {
        throw new TypeError('reader@example.org is not a function');
      },
    });
    try {
      const response = await fetch(`${buggy.url}/read/${buggy.links.token('read', 1)}`);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toMatch(/example\.org|TypeError|\bat \w+ \(/);
      expect(buggy.logged.join()).toContain('request failed');
      expect(buggy.logged.join()).not.toContain('example.org');
    } finally {
      await buggy.close();
    }
  });
});
