import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePiece } from '../../../src/outbox/rules/quoted-printable.ts';

/** RFC 2045 section 6.7, the other way round. */
function decode(encoded: string): string {
  const bytes: number[] = [];
  const text = encoded.replace(/=\r\n/g, '');
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '=') {
      bytes.push(Number.parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(text.charCodeAt(i));
  }
  return Buffer.from(bytes).toString('utf8');
}

const encodeAll = (texts: readonly string[]) => Buffer.concat(texts.map(encodePiece)).toString('latin1');

const anyText = fc.string({
  unit: fc.constantFrom('a', '.', '=', ' ', '\t', '\n', '\r\n', 'é', '李', '🙂', '_', '-', '<b>', '\0'),
  maxLength: 400,
});

test('pieces joined in any order decode to their texts in that order', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 6 }), (texts) => {
      const want = texts.join('').replace(/\r\n|\r|\n/g, '\r\n');
      // A CR at a piece's end and an LF at the next one's start are two line ends, as they would be on paper.
      fc.pre(!texts.some((text, i) => text.endsWith('\r') && texts[i + 1]?.startsWith('\n')));
      expect(decode(encodeAll(texts))).toBe(want);
    }),
  );
});

test('no line is longer than 76 octets, begins with a dot, or ends with white space', () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 6 }), (texts) => {
      for (const line of encodeAll(texts).split('\r\n')) {
        expect(line.length).toBeLessThanOrEqual(76);
        expect(line).not.toMatch(/^\.|[ \t]$|[^\x20-\x7e\t]/);
      }
    }),
  );
});

test('a boundary of "=_" cannot occur', () => {
  expect(encodeAll(['--=_paperboy\n--=_paperboy--'])).not.toContain('=_');
});
