import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseAddress } from '../../src/subscribers/index.ts';
import { odd, refused, usable } from './address-cases.ts';

// Beside the well-known kinds: letter case, tags, domains of all scripts, and what each becomes.
const usableToo: [typed: string, email: string][] = [
  ['reader+papers@example.org', 'reader+papers@example.org'],
  ['Reader@EXAMPLE.Org', 'Reader@example.org'],
  ['reader@bücher.example', 'reader@xn--bcher-kva.example'],
  ['reader@BÜCHER.example', 'reader@xn--bcher-kva.example'],
  ['reader@bu\u0308cher.example', 'reader@xn--bcher-kva.example'],
  ['reader@郵件。商務', 'reader@xn--5nqv22n.xn--lhr59c'],
];

const refusedToo: Record<string, string[]> = {
  'nothing but a space': [' '],
  'a single name that is no country': ['reader@localhost'],
  'two addresses, or one inside another': [
    'reader@@example.org',
    'reader@evil.example@example.org',
    '"reader@evil.example"@example.org',
    'reader@example.org,other@example.org',
    'reader@example.org, other@example.org',
    'reader@example.org>\r\nRCPT TO:<evil@evil.example',
  ],
  'syntax of a header': [
    '<reader@example.org>',
    'Reader <reader@example.org>',
    'group:reader@example.org;',
    'reader(comment)@example.org',
    'reader@example.org(comment)',
  ],
  'a sign is where none may be': [
    'rea der@example.org',
    'rea"der@example.org',
    'rea,der@example.org',
    'rea;der@example.org',
    'reader @example.org',
    'reader@ example.org',
    'reader@exam_ple.org',
    'reader@exam%70le.org',
    'reader@0x7f.1',
  ],
  'NUL and other controls': [
    '\0',
    '\0reader@example.org',
    'reader\0@example.org',
    'reader@example.org\0',
    'reader@exam\0ple.org',
    'reader@example.org\0.evil.example',
    'reader\u0007@example.org',
    'reader@exam\u0007ple.org',
    'reader\u007f@example.org',
    'reader@exam\u0085ple.org',
    'rea\tder@example.org',
    'reader@example.org\u2028',
  ],
  'characters that turn the direction of writing': [
    'rea\u202eder@example.org',
    'reader@exam\u202eple.org',
    'reader@\u202dexample.org',
    '\u2067reader\u2069@example.org',
    'reader@exam\u200fple.org',
    'reader@exam\u061cple.org',
  ],
  'characters that nobody sees': [
    'rea\u200bder@example.org',
    'rea\u00adder@example.org',
    'reader\ufeff@example.org',
    'reader@exam\u00adple.org',
    'reader@exam\u200bple.org',
    'reader@exam\u200cple.org',
    'reader@exam\u200dple.org',
    'reader@exam\u2060ple.org',
    'reader@exam\ufeffple.org',
    'reader@exam\ufe0fple.org',
    'reader@exam\u3164ple.org',
    'reader@exam\u00a0ple.org',
    'reader@exam\u3000ple.org',
    'reader@exam\ud800ple.org',
  ],
  'dots and signs of full width, or that look like them': [
    'reader＠example.org',
    'reader﹫example.org',
    'reader@evil.example＠example.org',
    'first．last@example.org',
    'reader@example．org',
    'reader@example｡org',
    'reader@example․org',
    'reader@example‥org',
    'reader@evil.example／example.org',
    'reader@evil.example⁄example.org',
    'reader@℀.example.org',
    'reader@１９２.0.2.1',
  ],
  'a domain that is none in its own script': [
    'reader@xn--zzzzzzzzz.org',
    'reader@xn--a.org',
    'reader@bü%63her.example',
    'reader@bücher..example',
    'reader@bücher.example.',
    'reader@-bücher.example',
    'reader@bücher-.example',
    'reader@bücher-。example',
    'reader@😀.example',
    'reader@\u0308bücher.example',
    `reader@${'ü'.repeat(62)}.example`,
  ],
  'a local part beyond ASCII': ['lésart@example.org', '读者@example.org', 'ｒeader@example.org'],
};

describe('normaliseAddress', () => {
  test('is tried on every kind of case there is, once each', () => {
    const all = [...usable, ...odd, ...Object.values(refused).flat()];
    expect([usable.length, odd.length, all.length - usable.length - odd.length]).toEqual([22, 16, 126]);
    expect(new Set(all).size).toBe(164);
  });

  test.each(usable)('takes %j as it stands', (typed) => {
    expect(normaliseAddress(typed)).toEqual({ ok: true, email: typed, key: typed.toLowerCase() });
  });

  test.each(usableToo)('takes %j as %j', (typed, email) => {
    expect(normaliseAddress(typed)).toEqual({ ok: true, email, key: email.toLowerCase() });
  });

  const all = Object.entries({ 'valid, and nobody has one': odd, ...refused });
  describe.each([...all, ...Object.entries(refusedToo)])('where there is %s', (_, cases) => {
    test.each(cases)('refuses %j with a sentence that does not repeat it', (typed) => {
      const address = normaliseAddress(typed);
      expect(address).toEqual({ ok: false, fault: expect.stringMatching(/^[A-Z].*\.$/) });
      if (!address.ok && typed.length > 12) expect(address.fault).not.toContain(typed);
    });
  });

  test('keeps dots and tags: to mail, they make another mailbox', () => {
    const keys = ['first.last@gmail.com', 'firstlast@gmail.com', 'firstlast+x@gmail.com'].map((typed) => {
      const address = normaliseAddress(typed);
      return address.ok ? address.key : undefined;
    });
    expect(new Set(keys).size).toBe(3);
  });

  test('is linear: a megabyte of anything is refused in no time', () => {
    for (const typed of [
      `${'a.'.repeat(500_000)}@example.org`,
      `a@${'a.'.repeat(500_000)}org`,
      '"'.repeat(1_000_000),
      '('.repeat(1_000_000),
      `${'a:'.repeat(500_000)};`,
      '@'.repeat(1_000_000),
      'é'.repeat(1_000_000),
    ]) {
      const before = process.cpuUsage();
      expect(normaliseAddress(typed).ok).toBe(false);
      // Microseconds of the processor's time: a busy machine does not count.
      expect(process.cpuUsage(before).user).toBeLessThan(50_000);
    }
  });

  test('what it takes is plain ASCII of one @, and is taken again as it is', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'aZ9.@+-_"\\<>,;:()[] \r\n\0éü郵。\u00ad😀'), maxLength: 30 }),
      fc.emailAddress(),
      fc
        .tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
        .map(([a, b]) => `${a}@${b}.org`),
      fc.string({ unit: 'grapheme', minLength: 1 }).map((domain) => `a@${domain}.example`),
    );
    fc.assert(
      fc.property(anyText, (typed) => {
        const address = normaliseAddress(typed);
        if (!address.ok) return;
        expect(address.email).toMatch(/^[\x21-\x7e]{1,64}@[a-z0-9.-]{1,253}$/);
        expect(address.email).not.toMatch(/[",:;<>()[\]\\\s]/);
        expect(address.email.split('@')).toHaveLength(2);
        expect(address.email.length).toBeLessThanOrEqual(254);
        expect(normaliseAddress(address.email)).toEqual(address);
        expect(normaliseAddress(address.key)).toEqual({ ok: true, email: address.key, key: address.key });
      }),
      { numRuns: 2000 },
    );
  });
});
