import { expect, test } from 'vitest';
import { learn } from '../../src/interests/index.ts';
import { fieldPapers } from '../interests/papers.ts';
import { inspect, inspectEveryLook, lookAt, WELL } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { addReader, insertEdition, insertPaper, startTestWeb } from './support.ts';

test('without a script, at 375 px: vote, see what was learnt, forget, undo; pick; paste a list; axe finds nothing on the way', async () => {
  const web = await startTestWeb();
  const browser = await launchChromium();
  try {
    const { id } = await addReader(web);
    const ids = Array.from({ length: 21 }, (_, at) => `2606.${10_000 + at}`);
    for (const [at, { title, abstract }] of fieldPapers(21).entries())
      await insertPaper(web, { id: ids[at] ?? '', day: '2026-06-10', title, abstract, organisation: 'Mila' });
    await web.database.db.query('test: seen', "update papers set first_seen_at = '2026-06-10'");
    await insertEdition(web, { cadence: 'daily', date: '2026-06-10', papers: ids });

    const context = await browser.newContext({
      baseURL: web.url,
      javaScriptEnabled: false,
      viewport: { width: 375, height: 800 },
    });
    const page = await context.newPage();
    const eye = await (await browser.newContext({ baseURL: web.url })).newPage();
    // A page that answers a POST is looked at as it stands, by its own source.
    const look = async (every = false) => {
      await eye.goto('/nowhere');
      await eye.setContent(await page.content());
      if (every) return expect(await inspectEveryLook(eye), page.url()).toEqual(WELL);
      await lookAt(eye, { scheme: 'dark', width: 375 });
      expect(await inspect(eye), page.url()).toEqual([]);
    };
    const press = async (name: string | RegExp) => {
      const button = page.getByRole('button', { name, exact: typeof name === 'string' }).first();
      await button.focus();
      await page.keyboard.press('Enter');
    };
    const says = (words: string) => page.getByText(words).first().waitFor();

    await page.goto(`/vote/${web.links.token('vote', id)}?paper=${ids[1]}&vote=more`);
    await press('More like this');
    await says('Noted: more papers like this one will come.');
    await press(/^Not this author.*Ada Lovelace/);
    await says('will not be in your digests');
    await look(true);
    await press('Undo');
    await says('may be in your digests again');
    await learn(web.context);
    await page.getByRole('link', { name: 'See and change what was learnt' }).click();
    await press(/^Forget.*Alan Turing/);
    await says('is forgotten, and not learnt again.');
    expect(await page.getByRole('button', { name: /^Forget.*Alan Turing/ }).count()).toBe(0);
    await look(true);
    await press('Undo');
    await says('may be learnt again.');

    await page.getByRole('link', { name: 'Pick from twenty papers' }).click();
    for (const at of [0, 3, 7]) await page.getByRole('checkbox').nth(at).check();
    await look();
    await press('These, please');
    await says('3 papers count as liked');

    await page.getByRole('link', { name: 'Paste your own list, as BibTeX' }).click();
    await page.getByLabel('BibTeX').fill(`@misc{a, title = {Robots}}\n@misc{b, title = {`);
    await press('Learn from these');
    await says('1 paper was read. 1 paper is kept, to learn from.');
    await says('Line 2');
    await look();

    await page.getByRole('link', { name: 'My profile' }).click();
    await page.getByRole('link', { name: 'Start over' }).click();
    await press('Send me the link');
    await says('Look into your inbox.');
    const [row] = await web.database.db.query<{ id: number }>(
      'test: proof',
      'select max(id) as id from proofs',
    );
    await page.goto(`/proof/${web.links.token('proof', row?.id ?? 0)}`);
    await page.getByRole('link', { name: 'Start over' }).click();
    await look();
    await press('Remove my list');
    await says('1 paper is removed.');
    await press('Delete what was learnt of me');
    await says('You start over');
    await look();
  } finally {
    await browser.close();
    await web.close();
  }
}, 30_000);
