import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileDigest, compileNotice } from '../../src/editions/compile.ts';
import { fillPiece } from '../../src/editions/rules/skeleton.ts';
import { inspect, type Look, lookAt } from '../support/axe.ts';
import { launchChromium } from '../support/chromium.ts';
import { digestOf, joinDigest, longPapers, paper, reader, realDays, site, viewOf } from './fixtures.ts';

let browser: Browser;
/** One for all of them: each mail takes the place of the one before. */
let page: Page;
const mails: Record<string, string> = {};

beforeAll(async () => {
  browser = await launchChromium();
  page = await browser.newPage();
  const papers = realDays()[0]?.papers.slice(0, 12) ?? longPapers(12);
  const all = [
    ...papers,
    paper({ title: 'x'.repeat(240), authors: ['y'.repeat(200)], abstract: 'z'.repeat(400) }),
  ];
  const note = 'arXiv had not answered for all of 10 June 2026 when this edition was closed.';
  mails.digest = joinDigest(await compileDigest(viewOf(all, 'daily', 26, note)), 'html');
  mails.samples = (await digestOf([paper({ sample: true })], 'sample')).html;
  mails.confirmation = fillPiece((await compileNotice('confirm', site)).html, reader);
});
afterAll(() => browser.close());

async function open(html: string, look: Look): Promise<void> {
  await lookAt(page, look);
  await page.setContent(html);
}

// Landmarks belong to the page of the mail client around a mail.
const LANDMARKS = ['region', 'landmark-one-main'];

const looks: Look[] = [
  { scheme: 'light', width: 375 },
  { scheme: 'light', width: 700 },
  { scheme: 'dark', width: 375 },
  { scheme: 'dark', width: 700 },
];

describe.each(['digest', 'samples', 'confirmation'])('the %s', (name) => {
  it.each(looks)('has no fault for axe and no sideways scroll, $scheme at $width px', async (look) => {
    await open(mails[name] ?? '', look);
    expect(await inspect(page, LANDMARKS)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(look.width);
  });

  it('fits 320 px, and has no text below 14 px', async () => {
    await open(mails[name] ?? '', { scheme: 'light', width: 320 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    const smallest: number = await page.evaluate(`Math.min(...[...document.querySelectorAll('body *')]
      .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== ''))
      .map((e) => parseFloat(getComputedStyle(e).fontSize)))`);
    expect(smallest).toBeGreaterThanOrEqual(14);
  });

  it('is as legible where a client in the dark drops every style sheet', async () => {
    const html = (mails[name] ?? '').replace(/<style[\s\S]*?<\/style>/g, '');
    await open(html, { scheme: 'dark', width: 375 });
    expect(await inspect(page, LANDMARKS)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
  });

  it('really is dark in the dark, panel and all', async () => {
    await open(mails[name] ?? '', { scheme: 'dark', width: 700 });
    const backgrounds: string[] = await page.evaluate(`[...document.querySelectorAll('body, body *')]
      .map((e) => getComputedStyle(e).backgroundColor).filter((c) => c !== 'rgba(0, 0, 0, 0)')`);
    const bright = backgrounds.filter((color) => Math.max(...(color.match(/\d+/g) ?? []).map(Number)) > 64);
    // The confirmation's button is bright on purpose: its cell and its link.
    expect(bright.length).toBe(name === 'confirmation' ? 2 : 0);
    expect(backgrounds.length).toBeGreaterThan(2);
  });

  it('asks the network for nothing', async () => {
    const fresh = await browser.newPage();
    const requests: string[] = [];
    fresh.on('request', (request) => requests.push(request.url()));
    await fresh.setContent(mails[name] ?? '');
    expect(requests).toEqual([]);
    await fresh.close();
  });
});
