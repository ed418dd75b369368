import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Liquid } from 'liquidjs';
import { sumTexts } from './rules/checksum.ts';
import type { DigestView, Site } from './rules/edition.ts';
import { cutDigest, Lengths, type Piece, Planter, slots, squeeze } from './rules/skeleton.ts';
import { wrap } from './rules/words.ts';

const TEMPLATES = join(import.meta.dirname, '../../templates/email');

/** One cut in both formats. */
export interface Pieces {
  html: Piece;
  text: Piece;
}

/** A digest cut into what all readers share, for one reader to be put together from: head, chosen cards, more, foot. */
export interface Skeleton {
  head: Pieces;
  cards: Pieces[];
  more: Pieces;
  foot: Pieces;
}

/**
 * Renders a template of templates/email. Outputs leave markers (see Planter); a misspelt variable or filter throws.
 * Text templates have the filter `wrap: INDENT, WIDTH`, which breaks a paragraph at 76 columns or WIDTH.
 */
async function render(file: string, data: object, planter: Planter): Promise<string> {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    // '' and null are false, so that templates can leave out what is not there.
    jsTruthy: true,
    outputEscape: (value: unknown) => planter.plant(value),
  });
  liquid.registerFilter('wrap', (value: unknown, indent: number, width?: number) =>
    value instanceof Lengths
      ? value.map((text) => wrap(text, indent, width))
      : wrap(String(value), indent, width),
  );
  return liquid.parseAndRender(await readFile(join(TEMPLATES, file), 'utf8'), { ...data, slots });
}

/** @throws Error listing every fault of the MJML: strict, so that none reaches a reader */
async function compileMjml(mjml: string): Promise<string> {
  // Loaded late: most commands compile nothing.
  const { default: mjml2html } = await import('mjml');
  // No fonts: nothing is fetched. Comments are kept: the cuts are comments.
  const { html } = await mjml2html(mjml, { validationLevel: 'strict', fonts: {}, keepComments: true });
  return squeeze(html);
}

const makeNonce = () => randomBytes(16).toString('hex');

/** Compiles a digest: MJML once, whatever the number of readers. */
export async function compileDigest(view: DigestView): Promise<Skeleton> {
  const planter = new Planter(makeNonce());
  const html = cutDigest(
    await compileMjml(await render('digest.mjml', view, planter)),
    view.cards.length,
    'digest.mjml',
  );
  const text = cutDigest(await render('digest.txt', view, planter), view.cards.length, 'digest.txt');
  const both = (htmlCut: string, textCut: string): Pieces => ({
    html: planter.join(htmlCut, 'html'),
    text: planter.join(textCut, 'text'),
  });
  return {
    head: both(html.head, text.head),
    cards: html.cards.map((card, index) => both(card, text.cards[index] ?? '')),
    more: both(html.more, text.more),
    foot: both(html.foot, text.foot),
  };
}

/** A checksum of the templates that `compileDigest` uses. */
export async function sumTemplates(): Promise<string> {
  return sumTexts(
    await Promise.all(['digest.mjml', 'digest.txt'].map((file) => readFile(join(TEMPLATES, file), 'utf8'))),
  );
}

/** A mail that is not an edition. */
export interface Notice extends Pieces {
  subject: string;
}

/** `confirm` has the slot `confirm_url`, `proof` the slot `proof_url`; neither has anything that a stranger typed. */
export type NoticeName = 'confirm' | 'proof';

const SUBJECTS: Record<NoticeName, (siteName: string) => string> = {
  confirm: (siteName) => `Confirm your subscription to ${siteName}`,
  proof: (siteName) => `Your link to your data at ${siteName}`,
};

/** Compiles a notice. */
export async function compileNotice(name: NoticeName, site: Site): Promise<Notice> {
  const planter = new Planter(makeNonce());
  const subject = SUBJECTS[name](site.name);
  const html = await compileMjml(await render(`${name}.mjml`, { site, subject }, planter));
  const text = await render(`${name}.txt`, { site, subject }, planter);
  return { subject, html: planter.join(html, 'html'), text: planter.join(text, 'text') };
}
