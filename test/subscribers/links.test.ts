import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressHash, createLinks, type TokenPurpose } from '../../src/subscribers/index.ts';

const OLD = 'an-old-key-of-more-than-thirty-two-characters';
const NEW = 'the-new-key-of-more-than-thirty-two-characters';
const publicUrl = 'https://paperboy.example.org';
const links = createLinks({ publicUrl, keys: [NEW] });

const purposes: TokenPurpose[] = ['confirm', 'unsubscribe', 'preferences', 'read', 'vote', 'bounce'];
const anyPurpose = fc.constantFrom(...purposes);
const anyId = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  fc.constantFrom(0, 1, 2 ** 40 - 1),
);

describe('tokens', () => {
  test('come back as the id, in 28 URL-safe characters', () => {
    fc.assert(
      fc.property(anyPurpose, anyId, (purpose, id) => {
        const token = links.token(purpose, id);
        expect(token).toMatch(/^[A-Za-z0-9_-]{28}$/);
        expect(links.read(purpose, token)).toBe(id);
      }),
    );
  });

  test('of one purpose are nothing to another, and nothing under another key', () => {
    const stranger = createLinks({ publicUrl, keys: [OLD] });
    fc.assert(
      fc.property(anyPurpose, anyPurpose, anyId, (made, asked, id) => {
        const token = links.token(made, id);
        expect(links.read(asked, token)).toBe(made === asked ? id : null);
        expect(stranger.read(made, token)).toBeNull();
      }),
    );
  });

  test('are refused after any change of any character', () => {
    fc.assert(
      fc.property(
        anyId,
        fc.nat({ max: 27 }),
        fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'),
        (id, place, character) => {
          const token = links.token('unsubscribe', id);
          const changed = token.slice(0, place) + character + token.slice(place + 1);
          expect(links.read('unsubscribe', changed)).toBe(changed === token ? id : null);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('in any other spelling are refused, without an exception', () => {
    const token = links.token('confirm', 7);
    for (const other of [
      '',
      token.slice(1),
      `${token}A`,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${token}.`,
      token.slice(0, 27),
      token.toLowerCase() === token ? '' : token.toLowerCase(),
      token.replaceAll('-', '+').replaceAll('_', '/') === token
        ? ''
        : token.replaceAll('-', '+').replaceAll('_', '/'),
      encodeURIComponent(`${token} `),
      'é'.repeat(28),
      'A'.repeat(28),
      'A'.repeat(1_000_000),
    ])
      expect(links.read('confirm', other)).toBeNull();
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => links.read('confirm', text) === null));
    // What came from outside may not even be a text.
    expect(links.read('confirm', ['a'] as unknown as string)).toBeNull();
  });

  test('are made by the first key and read by all, so that keys can be rotated', () => {
    const before = createLinks({ publicUrl, keys: [OLD] });
    const during = createLinks({ publicUrl, keys: [NEW, OLD] });
    const after = createLinks({ publicUrl, keys: [NEW] });
    const old = before.token('unsubscribe', 42);
    expect([before, during, after].map((each) => each.read('unsubscribe', old))).toEqual([42, 42, null]);
    const fresh = during.token('unsubscribe', 42);
    expect([before, during, after].map((each) => each.read('unsubscribe', fresh))).toEqual([null, 42, 42]);
  });

  test('are the same for ever: this one was made with openssl', () => {
    expect(
      createLinks({ publicUrl, keys: ['0123456789abcdef0123456789abcdef'] }).token('unsubscribe', 1),
    ).toBe('AAAAAAH5CL_7KeWm-i8NT0LUKbzh');
  });

  test('have no room for other ids', () => {
    for (const id of [-1, 0.5, Number.NaN, 2 ** 40, Number.POSITIVE_INFINITY])
      expect(() => links.token('read', id)).toThrow(RangeError);
  });

  test('need a key', () => {
    expect(() => createLinks({ publicUrl, keys: [] })).toThrow(/SECRET_KEY/);
    expect(() => addressHash([], 'reader@example.org')).toThrow(/SECRET_KEY/);
  });
});

describe('urls', () => {
  test('are the pages of the contract, short enough for one header line', () => {
    for (const purpose of ['confirm', 'unsubscribe', 'preferences', 'read', 'vote'] as const) {
      const url = createLinks({ publicUrl: `${publicUrl}/`, keys: [NEW] }).url(purpose, 12);
      expect(url).toBe(`${publicUrl}/${purpose}/${links.token(purpose, 12)}`);
    }
    const short = createLinks({ publicUrl: 'https://p.example', keys: [NEW] }).url('unsubscribe', 12);
    expect(`List-Unsubscribe: <${short}>,`.length).toBeLessThan(80);
  });
});

describe('bounce addresses', () => {
  test('name the delivery, and only where they come back as they went out', () => {
    const domain = 'bounce.example.org';
    fc.assert(
      fc.property(anyId, (id) => {
        const address = links.bounceAddress(id, domain);
        expect(address.split('@')[0]).toHaveLength(30);
        expect(links.readBounceAddress(address, domain)).toBe(id);
        expect(links.readBounceAddress(address.replace(/@.*/, '@BOUNCE.example.org'), domain)).toBe(id);
        expect(links.readBounceAddress(address, 'other.example')).toBeNull();
        expect(links.readBounceAddress(`${address}\r\n`, domain)).toBeNull();
      }),
    );
    for (const forged of [
      '',
      'b+@bounce.example.org',
      `b+${links.token('read', 3)}@${domain}`,
      `x${links.bounceAddress(3, domain)}`,
    ])
      expect(links.readBounceAddress(forged, domain)).toBeNull();
  });
});

describe('address hashes', () => {
  test('are keyed, stable, and offered for every key', () => {
    const hash = addressHash([NEW, OLD], 'reader@example.org');
    expect(hash).toHaveLength(32);
    expect(hash).toEqual(addressHash([NEW], 'reader@example.org'));
    expect(hash).not.toEqual(addressHash([OLD], 'reader@example.org'));
    expect(createLinks({ publicUrl, keys: [NEW, OLD] }).addressHashes('reader@example.org')).toEqual([
      hash,
      addressHash([OLD], 'reader@example.org'),
    ]);
  });
});
