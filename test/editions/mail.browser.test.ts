import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileNotice } from '../../src/editions/compile.ts';
import { fillPiece } from '../../src/editions/rules/skeleton.ts';
import { digestOf, longPapers, paper, reader, realDays, site } from './fixtures.ts';

let browser: Browser;
const mails: Record<string, string> = {};

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'],
  });
  const papers = realDays()[0]?.papers.slice(0, 12) ?? longPapers(12);
  mails.digest = (
    await digestOf([
      ...papers,
      paper({ title: 'x'.repeat(240), authors: ['y'.repeat(200)], abstract: 'z'.repeat(400) }),
    ])
  ).html;
  mails.samples = (await digestOf([paper({ sample: true })], 'sample')).html;
  mails.confirmation = fillPiece((await compileNotice('confirm', site)).html, reader);
});
afterAll(() => browser.close());

interface Look {
  scheme: 'light' | 'dark';
  width: number;
}

async function open(html: string, { scheme, width }: Look): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  await page.setContent(html);
  return page;
}

interface Finding {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

/** Every rule of axe but those on landmarks, which belong to the page of the mail client around a mail. */
async function inspect(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations: Finding[] = await page.evaluate(
    `axe.run(document, { rules: { region: { enabled: false }, 'landmark-one-main': { enabled: false } } })
        .then((result) => result.violations)`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
  );
}

const looks: Look[] = [
  { scheme: 'light', width: 375 },
  { scheme: 'light', width: 700 },
  { scheme: 'dark', width: 375 },
  { scheme: 'dark', width: 700 },
];

describe.each(['digest', 'samples', 'confirmation'])('the %s', (name) => {
  it.each(looks)('has no fault for axe and no sideways scroll, $scheme at $width px', async (look) => {
    const page = await open(mails[name] ?? '', look);
    expect(await inspect(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(look.width);
    await page.close();
  });

  it('fits 320 px, and has no text below 14 px', async () => {
    const page = await open(mails[name] ?? '', { scheme: 'light', width: 320 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    const smallest: number = await page.evaluate(`Math.min(...[...document.querySelectorAll('body *')]
      .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== ''))
      .map((e) => parseFloat(getComputedStyle(e).fontSize)))`);
    expect(smallest).toBeGreaterThanOrEqual(14);
    await page.close();
  });

  it('is as legible where a client in the dark drops every style sheet', async () => {
    const html = (mails[name] ?? '').replace(/<style[\s\S]*?<\/style>/g, '');
    const page = await open(html, { scheme: 'dark', width: 375 });
    expect(await inspect(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    await page.close();
  });

  it('really is dark in the dark, panel and all', async () => {
    const page = await open(mails[name] ?? '', { scheme: 'dark', width: 700 });
    const backgrounds: string[] = await page.evaluate(`[...document.querySelectorAll('body, body *')]
      .map((e) => getComputedStyle(e).backgroundColor).filter((c) => c !== 'rgba(0, 0, 0, 0)')`);
    const bright = backgrounds.filter((color) => Math.max(...(color.match(/\d+/g) ?? []).map(Number)) > 64);
    // The confirmation's button is bright on purpose: its cell and its link.
    expect(bright.length).toBe(name === 'confirmation' ? 2 : 0);
    expect(backgrounds.length).toBeGreaterThan(2);
    await page.close();
  });

  it('asks the network for nothing', async () => {
    const page = await browser.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.setContent(mails[name] ?? '');
    expect(requests).toEqual([]);
    await page.close();
  });
});
