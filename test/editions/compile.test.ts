import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { caniemail } from 'caniemail';
import { type CheerioAPI, load } from 'cheerio';
import { HtmlValidate } from 'html-validate';
import mjml2html from 'mjml';
import { describe, expect, it } from 'vitest';
import { compileDigest, compileNotice } from '../../src/editions/compile.ts';
import { viewCard } from '../../src/editions/rules/card.ts';
import { fillPiece } from '../../src/editions/rules/skeleton.ts';
import { cleanLine } from '../../src/editions/rules/words.ts';
import type { Paper } from '../../src/papers/index.ts';
import {
  digestOf,
  headingOf,
  joinDigest,
  longPapers,
  paper,
  reader,
  realDays,
  site,
  viewOf,
} from './fixtures.ts';

/** Element counts by name: what a hostile text must not change. */
function elementsOf($: CheerioAPI): Record<string, number> {
  const counts: Record<string, number> = {};
  $('*').each((_, element) => {
    if ('name' in element) counts[element.name] = (counts[element.name] ?? 0) + 1;
  });
  return counts;
}

const commentsOf = (html: string) => html.match(/<!--/g)?.length ?? 0;

const hostileTexts = [
  '<script>alert(1)</script>',
  '</td></tr></table><h1>gone</h1>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '&amp; &lt;b&gt; &#x3c;i&#x3e; & <b>',
  'A\r\nBcc: everyone@example.org\r\n\r\nB',
  'left \u202eright\u202c \u2066isolated\u2069 \u200fmark',
  'line\u2028and\u2029paragraph',
  '<!-- cut: card --><!-- cut: more --><!-- cut: foot -->',
  '--> <!--[if mso]> <![endif]-->',
  '{{ slots.unsubscribe_url }} {% for x in cards %} {{ site | json }} {%- raw -%}',
  '{"slot":"unsubscribe_url"} [[unsubscribe_url]] %%email%% p0n0e p00000000000000000000000000000000n0e',
  '<mj-section><mj-text>hello</mj-text></mj-section> ]]> <![CDATA[ x ]]>',
  "$& $1 $` $' $$ \\1 \\u003c",
  'Let’s <think> about $\\text{Transformer}^2$, V_{0.5} and $1 Million',
  'title </style><style>*{display:none}</style>',
  'x'.repeat(10_000),
  'שלום عليكم 世界 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👩‍👩‍👧 e\u0301',
];

/** A paper in whose every text stands the same hostile thing. */
const hostile = (text: string, index: number): Paper =>
  paper({
    id: `2606.${index + 10_000}`,
    title: text,
    abstract: `${text} ${text}`,
    summary: index % 2 === 0 ? text : null,
    authors: Array.from({ length: 573 }, (_, number) => `${text} ${number}`),
    organisation: index % 3 === 0 ? text : null,
    keywords: [text],
    codeUrl: index % 2 === 0 ? 'https://github.com/a/b' : text,
    upvotes: 1000 - index,
  });

const plain = (index: number): Paper => ({
  ...hostile('Plain words', index),
  codeUrl: index % 2 === 0 ? 'https://github.com/a/b' : null,
});

describe('a digest of hostile papers', () => {
  it('has the elements and comments of a harmless one, and every text as text', async () => {
    const papers = hostileTexts.map(hostile);
    const { html } = await digestOf(papers);
    const harmless = (await digestOf(papers.map((_, index) => plain(index)))).html;
    const $ = load(html);
    expect(elementsOf($)).toEqual(elementsOf(load(harmless)));
    expect(commentsOf(html)).toBe(commentsOf(harmless));
    for (const [index, one] of papers.entries()) {
      const card = viewCard(one, '');
      const cell = $('td.c').eq(index);
      expect(cell.find('h2').text().trim()).toBe(`${index + 1}. ${card.title}`);
      expect(cell.find('h2 a').attr('href')).toBe(`https://huggingface.co/papers/${one.id}`);
      expect(cell.text()).toContain(card.abstract?.short);
      expect(cell.find('.m').text()).toBe(`${card.byline} · 9 June 2026`);
    }
    expect($('a[href*="unsubscribe"]')).toHaveLength(1);
  });

  it('holds the whole title where it is of a normal length', async () => {
    const short = hostileTexts.filter((text) => text.length < 200);
    const { html, text } = await digestOf(short.map(hostile));
    const $ = load(html);
    const joined = text.replace(/\s+/g, ' ');
    for (const [index, title] of short.entries()) {
      expect($('h2').eq(index).text().trim()).toBe(`${index + 1}. ${cleanLine(title)}`);
      expect(joined).toContain(`${index + 1}. ${cleanLine(title)} https://huggingface.co/`);
    }
  });

  it('has no controls or bidi overrides, and in text no line that a title began', async () => {
    const { html, text } = await digestOf(hostileTexts.map(hostile));
    for (const part of [html, text])
      expect(part).not.toMatch(/(?!\n)\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    expect(text).not.toMatch(/^Bcc:/m);
    expect(text.match(/https:\/\/papers\.example\.org\/unsubscribe\//g)).toHaveLength(1);
  });

  it('leaves open only the slots of the template', async () => {
    const skeleton = await compileDigest(viewOf(hostileTexts.map(hostile)));
    const slotsOf = ({ html, text }: typeof skeleton.head) =>
      [html, text].map(({ parts }) =>
        parts.flatMap((part) => (typeof part === 'string' ? [] : 'slot' in part ? [part.slot] : ['lengths'])),
      );
    expect(slotsOf(skeleton.head)).toEqual([['preheader', 'count_line'], ['count_line']]);
    for (const card of skeleton.cards) {
      const [html = [], text = []] = slotsOf(card);
      // Its number stands in the names of links as well.
      expect(html.filter((slot) => slot !== 'number' && slot !== 'lengths')).toEqual(['reason', 'vote_url']);
      expect(text.filter((slot) => slot !== 'lengths')).toEqual(['number', 'reason', 'vote_url']);
    }
    expect(slotsOf(skeleton.more)).toEqual([['more_count'], ['more_count']]);
    // The last seven change one thing each.
    const foot = ['email', 'unsubscribe_url', 'preferences_url', 'read_url'].concat(
      Array.from({ length: 7 }, () => 'preferences_url'),
    );
    expect(slotsOf(skeleton.foot)).toEqual([foot, foot]);
  });

  it('has random markers and leaves none behind', async () => {
    const { html, text } = await digestOf([paper()]);
    for (const part of [html, text])
      expect(part).not.toMatch(/p[0-9a-f]{32}n\d+e|\{\{|\{%|undefined|NaN|\[object/);
  });
});

describe('the HTML', () => {
  it('keeps its promises to readers and clients', async () => {
    const { html } = await digestOf(longPapers(3));
    const $ = load(html);
    expect(html).toMatch(/^<!doctype html>/);
    expect($('html').attr()).toMatchObject({ lang: 'en', dir: 'ltr' });
    expect($('body > div').attr()).toMatchObject({ lang: 'en', dir: 'ltr', role: 'article' });
    expect($('title').text()).toBe('Daily papers · 10 June 2026');
    expect($('h1').text()).toBe('Daily papers · 10 June 2026');
    expect($('h1')).toHaveLength(1);
    expect($('h2')).toHaveLength(3);
    expect($('h3,h4,h5,h6,img,script,link,form,iframe,video,object,svg')).toHaveLength(0);
    $('table').each((_, table) => expect($(table).attr('role')).toBe('presentation'));
    expect(html).not.toMatch(/url\(|@import|@font-face|data:|http:\/\/(?!www\.w3\.org)/);
    $('a').each((_, link) => expect($(link).attr('href')).toMatch(/^https:\/\//));
    const names = $('a')
      .map((_, link) => $(link).attr('aria-label') ?? $(link).text())
      .get();
    expect(new Set(names).size).toBe(names.length);
    // MJML repeats Outlook's tables in conditional comments; none may be cut apart.
    expect(html.match(/<!--\[if/g)?.length).toBe(html.match(/<!\[endif\]-->/g)?.length);
  });

  it('opens with a preheader of 35 to 90 characters in the colour of the text', async () => {
    const { html } = await digestOf(longPapers(3));
    const $ = load(html);
    const first = $('body > div').children().first();
    expect(first.attr('style')).toBe('display:none;color:#24211d');
    expect(first.text().length).toBeGreaterThanOrEqual(35);
    expect(first.text().length).toBeLessThanOrEqual(90);
    expect(html).not.toContain(`${first.text()}</h1>`);
  });

  it('says in the mail that samples are samples', async () => {
    const { html, text } = await digestOf([paper({ sample: true })], 'sample');
    for (const part of [html, text.replace(/\s+/g, ' ')]) {
      expect(part).toContain('A sample edition: real papers of the past, with invented votes.');
      expect(part).toContain('A sample: the votes are invented');
    }
  });

  it('says above the papers what was missing when it was closed, as text', async () => {
    const note = 'arXiv had not answered for <all> of 10 June 2026 when this edition was closed & sent.';
    const view = viewOf([paper()], 'daily', 0, note);
    const skeleton = await compileDigest(view);
    const html = joinDigest({ ...skeleton, cards: [] }, 'html');
    expect(html).toContain('<br>arXiv had not answered for &lt;all&gt; of 10 June 2026');
    const text = joinDigest({ ...skeleton, cards: [] }, 'text', headingOf(view, 1));
    expect(text.split('\n').slice(1, 4)).toEqual([
      'Paperboy: 1 new paper on Hugging Face',
      'arXiv had not answered for <all> of 10 June 2026 when this edition was',
      'closed & sent.',
    ]);
    expect((await digestOf([paper()])).html).not.toContain('<br>');
  });

  it('stays small: 100,000 bytes with 60 long papers, as UTF-8 and as quoted-printable', async () => {
    const { html } = await digestOf(longPapers(60));
    const bytes = Buffer.byteLength(html);
    // Each "=" and each byte that is not ASCII costs two more, a soft line break three in 76.
    const quoted =
      [...Buffer.from(html)].reduce((sum, byte) => sum + (byte === 61 || byte > 126 ? 3 : 1), 0) * (79 / 76);
    expect(bytes).toBeLessThanOrEqual(95_000);
    expect(quoted).toBeLessThanOrEqual(105_000);
    const twelve = Buffer.byteLength((await digestOf(longPapers(12))).html);
    expect(twelve).toBeLessThanOrEqual(25_000);
  });

  it('is real on real days, in size and structure', async () => {
    for (const { papers } of realDays().slice(0, 5)) {
      const { html, text } = await digestOf(papers.slice(0, 60));
      expect(Buffer.byteLength(html)).toBeLessThanOrEqual(80_000);
      expect(load(html)('h2')).toHaveLength(Math.min(60, papers.length));
      for (const line of text.split('\n'))
        expect(line.length <= 76 || !line.trim().includes(' ') || line.includes('https://')).toBe(true);
    }
  });

  // MJML itself writes these for Outlook, whose engine knows no other way: align and valign on cells, and a role in
  // place of <article> on its wrapper.
  const validator = new HtmlValidate({
    extends: ['html-validate:standard', 'html-validate:a11y'],
    rules: { 'no-deprecated-attr': 'off', 'prefer-native-element': ['error', { exclude: ['article'] }] },
  });

  it.each(['digest', 'confirm'])('of %s passes html-validate', async (name) => {
    const html = name === 'digest' ? (await digestOf(longPapers(2))).html : await confirmation('html');
    const report = await validator.validateString(html);
    const messages = report.results.flatMap((result) =>
      result.messages.map((m) => `${m.line}: ${m.ruleId} ${m.message}`),
    );
    expect(messages).toEqual([]);
    expect(report.valid).toBe(true);
  });

  it('uses at most two client features beyond bare MJML', async () => {
    const featuresOf = (html: string) => {
      const { issues } = caniemail({ clients: ['*'], html });
      return new Set(
        [issues.errors, issues.warnings].flatMap((byClient) =>
          [...byClient.values()].flat().map(({ title }) => title),
        ),
      );
    };
    const { html: bare } = await mjml2html(
      `<mjml lang="en" dir="ltr"><mj-head><mj-title>t</mj-title></mj-head><mj-body><mj-section><mj-column>
       <mj-text>t <a href="https://example.org">t</a></mj-text><mj-button href="https://example.org">t</mj-button>
       </mj-column></mj-section></mj-body></mjml>`,
      { fonts: {} },
    );
    const known = featuresOf(bare);
    for (const html of [(await digestOf(longPapers(2))).html, await confirmation('html')])
      expect([...featuresOf(html)].filter((feature) => !known.has(feature)).length).toBeLessThanOrEqual(2);
  });
});

describe('the text part', () => {
  it('reads well', async () => {
    const one = paper({
      title: 'A Careful Study of Careful Studies, Written with Care for the Careful Reader of Studies',
    });
    const { text } = await digestOf([
      one,
      paper({ id: '2606.00002', organisation: 'Lab', codeUrl: null, upvotes: 1 }),
    ]);
    expect(text).toBe(`Daily papers · 10 June 2026
Paperboy: 28 new papers on Hugging Face, most votes first

1. A Careful Study of Careful Studies, Written with Care for the Careful
   Reader of Studies
   https://huggingface.co/papers/2606.00001
   1st on Hugging Face · 128 votes · 5 comments
   Ada Example and Ben Sample
   9 June 2026

   We study how studies are studied. The result is a study. It is careful.

   arXiv: https://arxiv.org/abs/2606.00001
   PDF: https://arxiv.org/pdf/2606.00001
   Code: https://github.com/example/careful
   More or less like this, not this author:
   ${reader.vote_url}?paper=2606.00001

2. A Careful Study of Careful Studies
   https://huggingface.co/papers/2606.00002
   2nd on Hugging Face · 1 vote · 5 comments
   Lab
   9 June 2026

   We study how studies are studied. The result is a study. It is careful.

   arXiv: https://arxiv.org/abs/2606.00002
   PDF: https://arxiv.org/pdf/2606.00002
   More or less like this, not this author:
   ${reader.vote_url}?paper=2606.00002

26 more on the page of 10 June 2026:
https://papers.example.org/papers?date=2026-06-10

----
You get this because ada@example.org subscribed to
the daily papers of Paperboy: https://papers.example.org

Unsubscribe: ${reader.unsubscribe_url}
Preferences: ${reader.preferences_url}
View in browser: ${reader.read_url}

Make it weekly: ${reader.preferences_url}/weekly
Pause for two weeks: ${reader.preferences_url}/pause
Days: ${reader.preferences_url}/days
Hour: ${reader.preferences_url}/hour
Number of papers: ${reader.preferences_url}/papers
Abstracts: ${reader.preferences_url}/abstracts
Only when papers match: ${reader.preferences_url}/matches

Paperboy Society, 12 Example Street, 12345 Exampleton
`);
  });

  it('has every link of the HTML', async () => {
    const { html, text } = await digestOf(longPapers(4));
    const $ = load(html);
    for (const link of $('a').get()) expect(text).toContain($(link).attr('href'));
  });
});

async function confirmation(format: 'html' | 'text'): Promise<string> {
  return fillPiece((await compileNotice('confirm', site))[format], reader);
}

describe('the confirmation', () => {
  it('has one link, the reason, what ignoring does, and who sends it', async () => {
    const html = await confirmation('html');
    const $ = load(html);
    expect(
      $('a')
        .map((_, link) => $(link).attr('href'))
        .get(),
    ).toEqual([reader.confirm_url]);
    expect($('h1').text()).toBe('Confirm your subscription');
    for (const part of [html, await confirmation('text')]) {
      const words = part.replace(/\s+/g, ' ');
      expect(words).toContain('works for 7 days');
      expect(words).toContain('do nothing');
      expect(words).toContain(site.postalAddress);
      expect(words).not.toContain(String(reader.email));
    }
    expect((await compileNotice('confirm', site)).subject).toBe('Confirm your subscription to Paperboy');
  });
});

describe('the templates', () => {
  it('never output anything raw', () => {
    const folder = join(import.meta.dirname, '../../templates/email');
    for (const file of readdirSync(folder))
      expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(
        /\|\s*raw|\{%-?\s*(raw|echo|include|render|liquid)/,
      );
  });

  it('cut the same mail into the same pieces: head, cards, more and foot join to one document', async () => {
    const skeleton = await compileDigest(viewOf(longPapers(3)));
    const html = joinDigest(skeleton, 'html');
    expect(html.indexOf('<h1')).toBeLessThan(html.indexOf('<h2'));
    const one = [skeleton.head, skeleton.cards[1], skeleton.foot].map((pieces) =>
      pieces === undefined ? '' : fillPiece(pieces.html, reader),
    );
    const $ = load(one.join(''));
    expect($('h2')).toHaveLength(1);
    expect($('table table td.c')).toHaveLength(1);
    expect(elementsOf($).html).toBe(1);
  });
});
