import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addReader,
  dumpTables,
  insertEdition,
  insertPaper,
  postForm,
  postJson,
  startTestWeb,
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
