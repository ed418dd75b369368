import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** How a reader may look at a page. */
export interface Look {
  scheme: 'light' | 'dark';
  /** Of the window, in CSS pixels. */
  width: number;
}

/** A phone and a desktop, by day and by night. */
export const LOOKS: readonly Look[] = [
  { scheme: 'light', width: 375 },
  { scheme: 'dark', width: 375 },
  { scheme: 'light', width: 1200 },
  { scheme: 'dark', width: 1200 },
];

/** What `inspectEveryLook` gives of a page that has no fault. */
export const WELL = LOOKS.map((look) => ({ ...look, faults: [], over: 0 }));

/**
 * What all rules of axe find on a page as it stands, one text for each place.
 *
 * @param without - rules that do not apply
 */
export async function inspect(page: Page, without: readonly string[] = []): Promise<string[]> {
  // Reading axe and its first run take half a second in a new tab; a further run of the same page takes a tenth of that.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const rules = Object.fromEntries(without.map((rule) => [rule, { enabled: false }]));
  const violations = await page.evaluate<
    { id: string; nodes: { html: string; failureSummary?: string }[] }[]
  >(
    `axe.run(document, { resultTypes: ['violations'], rules: ${JSON.stringify(rules)} }).then((result) => result.violations)`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
  );
}

/** Makes an open page look so; its styles follow, it is not loaded again. */
export async function lookAt(page: Page, { scheme, width }: Look): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme: scheme });
}

/** For each look, in order: what axe finds, and by how many pixels the page scrolls sideways. */
export async function inspectEveryLook(page: Page): Promise<(Look & { faults: string[]; over: number })[]> {
  const seen = [];
  for (const look of LOOKS) {
    await lookAt(page, look);
    const faults = await inspect(page);
    const over = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    seen.push({ ...look, faults, over });
  }
  return seen;
}
