import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sheet } from '../../../src/outbox/rules/sheet.ts';

const anyBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

test('holds what was added, whatever its memory held before and however small that is', () => {
  fc.assert(
    fc.property(fc.array(anyBytes), fc.integer({ min: 0, max: 200 }), (parts, size) => {
      const memory = Buffer.alloc(size, 'what another reader got. ');
      const sheet = new Sheet(memory);
      for (const part of parts) sheet.add(part);
      expect(sheet.written).toEqual(Buffer.concat(parts));
    }),
  );
});

test('stays in its memory where that is large enough', () => {
  const memory = Buffer.alloc(10);
  const sheet = new Sheet(memory);
  sheet.add(Buffer.from('0123456789'));
  expect(sheet.written.buffer).toBe(memory.buffer);
  sheet.add(Buffer.from('+'));
  expect(sheet.written.buffer).not.toBe(memory.buffer);
  expect(sheet.written.toString()).toBe('0123456789+');
});

test.each([
  ['the last soft break', 'words=\r\n', 'words'],
  ['but not one that keeps a space', 'words =\r\n', 'words =\r\n'],
  ['or a tab', 'words\t=\r\n', 'words\t=\r\n'],
  ['and no line end of the text', 'words\r\n', 'words\r\n'],
])('a part ends without %s', (_, added, left) => {
  const sheet = new Sheet();
  sheet.add(Buffer.from('head\r\n'));
  sheet.add(Buffer.from(added));
  sheet.endPart();
  expect(sheet.written.toString()).toBe(`head\r\n${left}`);
});
