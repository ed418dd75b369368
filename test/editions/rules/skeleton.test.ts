import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutDigest, escapeHtml, fillPiece, Planter, slots } from '../../../src/editions/rules/skeleton.ts';

const nonce = '0123456789abcdef0123456789abcdef';

describe('Planter', () => {
  it('puts values back escaped in HTML and as they are in text, and leaves slots open', () => {
    const planter = new Planter(nonce);
    const rendered = `<a href="${planter.plant(slots.read_url)}">${planter.plant('<b>&"\'')}</a>`;
    expect(planter.join(rendered, 'html').parts).toEqual([
      '<a href="',
      { slot: 'read_url' },
      '">&lt;b&gt;&amp;&quot;&#39;</a>',
    ]);
    expect(planter.join(rendered, 'text').parts.at(-1)).toBe('"><b>&"\'</a>');
  });

  it('never looks for markers in values, even where one is guessed', () => {
    const planter = new Planter(nonce);
    planter.plant(slots.unsubscribe_url);
    const guess = `p${nonce}n0e`;
    const marker = planter.plant(guess);
    expect(planter.join(`title: ${marker}`, 'html').parts).toEqual([`title: ${guess}`]);
  });

  it('survives being stored as JSON, and any value comes back by parsing', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (values) => {
        const planter = new Planter(nonce);
        const rendered = values.map((value) => `[${planter.plant(value)}]`).join('');
        const piece = JSON.parse(JSON.stringify(planter.join(rendered, 'html')));
        expect(fillPiece(piece, {})).toBe(values.map((value) => `[${escapeHtml(value)}]`).join(''));
      }),
    );
  });
});

describe('cutDigest', () => {
  const mark = (name: string) => `<!-- cut: ${name} -->`;

  it('cuts at the comments', () => {
    const rendered = `head\n${mark('card')}\none\n${mark('card')}two${mark('more')}more${mark('foot')}\nfoot`;
    expect(cutDigest(rendered, 2, 'x.mjml')).toEqual({
      head: 'head\n',
      cards: ['one\n', 'two'],
      more: 'more',
      foot: 'foot',
    });
  });

  it.each(['head', `${mark('card')}${mark('foot')}`, `${mark('more')}${mark('card')}${mark('foot')}`])(
    'refuses a template with other cuts, naming it: %s',
    (rendered) => {
      expect(() => cutDigest(rendered, 1, 'x.mjml')).toThrow(/x\.mjml .* must have/);
    },
  );
});

describe('fillPiece', () => {
  it('escapes in HTML, makes one line in text, and refuses to leave a hole', () => {
    const parts = ['to ', { slot: 'email' as const }, '.'];
    expect(fillPiece({ format: 'html', parts }, { email: '"a<b>"@x' })).toBe('to &quot;a&lt;b&gt;&quot;@x.');
    expect(fillPiece({ format: 'text', parts }, { email: '"a<b>"@x\r\nBcc: y' })).toBe('to "a<b>"@x Bcc: y.');
    expect(() => fillPiece({ format: 'html', parts }, {})).toThrow('The slot "email" has no value');
  });
});
