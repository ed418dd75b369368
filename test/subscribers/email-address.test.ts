import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseAddress } from '../../src/subscribers/index.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz';
/** A text of exactly this many letters. */
const letters = (length: number) => alphabet.repeat(Math.ceil(length / 26)).slice(0, length);

// The kinds of case that the well-known test sets for address syntax hold, written anew: what SMTP can carry and people have.
const usable: [typed: string, email?: string][] = [
  ['reader@example.org'],
  ['r@example.org'],
  ['first.last@example.org'],
  ['42@example.org'],
  ['reader@42.example'],
  ['reader@e.example'],
  ['reader@sub.domain.example.org'],
  ['reader@ex-ample.org'],
  ['reader@ex--ample.org'],
  ['reader@example.co-uk'],
  ['reader@example.x'],
  ['reader@example.museum'],
  ['reader+papers@example.org'],
  ["!#$%&'*+/=?^_`{|}~-@example.org"],
  ['xn--reader@example.org'],
  [`${letters(64)}@example.org`],
  [`reader@${letters(63)}.org`],
  [`r@${letters(63)}.${letters(63)}.${letters(63)}.${letters(60)}`],
  [`r@${'a.'.repeat(125)}bc`],
  ['Reader@EXAMPLE.Org', 'Reader@example.org'],
  ['reader@xn--bcher-kva.example'],
  ['reader@bücher.example', 'reader@xn--bcher-kva.example'],
  ['reader@BÜCHER.example', 'reader@xn--bcher-kva.example'],
  ['reader@bu\u0308cher.example', 'reader@xn--bcher-kva.example'],
  ['reader@郵件。商務', 'reader@xn--5nqv22n.xn--lhr59c'],
  // Country codes may answer mail themselves.
  ['reader@ai'],
];

// Valid for SMTP in the letter; refused, since nobody has one and some are tricks.
const odd = [
  '"reader"@example.org',
  '""@example.org',
  '"\\r"@example.org',
  '"\\""@example.org',
  '"\\\\"@example.org',
  '"a reader"@example.org',
  '"reader@evil.example"@example.org',
  'reader@[192.0.2.1]',
  'reader@[IPv6:2001:db8::1]',
  'reader@[IPv6:::]',
  'reader@192.0.2.1',
  'reader@example.123',
  'reader@org',
  'reader@localhost',
];

const refused = [
  '',
  ' ',
  '@',
  'reader',
  'reader@',
  '@example.org',
  'reader@@example.org',
  'reader@evil.example@example.org',
  'reader@example.org,other@example.org',
  'reader@example.org, other@example.org',
  '<reader@example.org>',
  'Reader <reader@example.org>',
  'reader@example.org>\r\nRCPT TO:<evil@evil.example',
  'group:reader@example.org;',
  '.reader@example.org',
  'reader.@example.org',
  'first..last@example.org',
  'rea der@example.org',
  'rea\\@der@example.org',
  'rea"der@example.org',
  '"reader@example.org',
  '"reader"tail@example.org',
  '"a"."b"@example.org',
  '"a".b@example.org',
  'rea,der@example.org',
  'rea;der@example.org',
  'rea(comment)der@example.org',
  '(comment)reader@example.org',
  'reader(comment)@example.org',
  'reader@(comment)example.org',
  'reader@example.org(comment)',
  ' reader@example.org',
  'reader@example.com.',
  'reader @example.org',
  'reader@ example.org',
  'reader@example.org\n',
  'reader@example.org\r',
  '\r\n reader@example.org',
  'reader\0@example.org',
  'reader@exam\0ple.org',
  'reader\u0007@example.org',
  'reader@exam\u0007ple.org',
  'reader\u007f@example.org',
  'reader@.example.org',
  'reader@example.com.',
  'reader@example..org',
  'reader@-example.org',
  'reader@example-.org',
  'reader@example.com.',
  'reader@exam_ple.org',
  'reader@exam/ple.org',
  'reader@exam%70le.org',
  'reader@[192.0.2.1',
  'reader@a[192.0.2.1]',
  'reader@[192.0.2.256]',
  'reader@xn--zzzzzzzzz.org',
  'reader@xn--a.org',
  'reader@bü%63her.example',
  'reader@bücher..example',
  'reader@exam\u00adple.org',
  'reader@exam\u200bple.org',
  'reader@exam\u202eple.org',
  'reader@exam\ud800ple.org',
  'reader@😀.example',
  'reader@0x7f.1',
  'reader@１９２.0.2.1',
  'lésart@example.org',
  '读者@example.org',
  `${letters(65)}@example.org`,
  `reader@${letters(64)}.org`,
  `r@${letters(63)}.${letters(63)}.${letters(63)}.${letters(61)}`,
  `reader@${'ü'.repeat(62)}.example`,
];

describe('normaliseAddress', () => {
  test.each(usable)('takes %j', (typed, email = typed) => {
    expect(normaliseAddress(typed)).toEqual({ ok: true, email, key: email.toLowerCase() });
  });

  test.each([...odd, ...refused])('refuses %j with a sentence that does not repeat it', (typed) => {
    const address = normaliseAddress(typed);
    expect(address).toEqual({ ok: false, fault: expect.stringMatching(/^[A-Z].*\.$/) });
    if (!address.ok && typed.length > 12) expect(address.fault).not.toContain(typed);
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
      const startedAt = performance.now();
      expect(normaliseAddress(typed).ok).toBe(false);
      expect(performance.now() - startedAt).toBeLessThan(50);
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
