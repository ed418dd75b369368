import { describe, expect, it } from 'vitest';
import { childOf, childrenOf, parseXml, textOf } from '../../../src/papers/rules/parse-xml.ts';

function rootOf(body: string) {
  const xml = parseXml(body);
  if (!xml.ok) throw new Error(xml.fault);
  return xml.root;
}

describe('parseXml', () => {
  it('knows elements by the URI of their namespace, whatever the prefix and wherever it is declared', () => {
    const root = rootOf(`<r xmlns="u:default" xmlns:a="u:a"><a:x>1</a:x><x>2</x>
      <b:x xmlns:b="u:a">3</b:x><y xmlns=""><x>4</x></y><a:y xmlns:a="u:other"/></r>`);
    expect(childrenOf(root, 'u:a', 'x').map((child) => child.text)).toEqual(['1', '3']);
    expect(textOf(root, 'u:default', 'x')).toBe('2');
    expect(textOf(childOf(root, '', 'y') ?? root, '', 'x')).toBe('4');
    expect(childOf(root, 'u:other', 'y')).toBeDefined();
  });

  it('decodes once: the five entities and characters by number, but not in CDATA', () => {
    const root = rootOf(
      '<?xml version="1.0"?><r t="&quot;&#233;&#xE9;"><x>&lt;b&gt; &amp;amp; &apos;</x><x><![CDATA[<b>&amp;]]>&#1114112;</x></r>',
    );
    expect(root.attributes.get('t')).toBe('"éé');
    expect(childrenOf(root, '', 'x').map((child) => child.text)).toEqual(["<b> &amp; '", '<b>&amp;\ufffd']);
  });

  it.each([
    ['', 'nothing'],
    [' \n', 'nothing'],
    ['<!doctype html><html></html>', 'a web page instead of a feed'],
    ['<html><body>x</body></html>', 'a web page instead of a feed'],
    ['{"a":1}', 'something else than XML'],
    ['<r><a>', 'broken or unfinished XML'],
    ['<r></a>', 'broken or unfinished XML'],
    ['<r>a & b</r>', 'broken or unfinished XML'],
    ['<r/><r/>', 'broken or unfinished XML'],
    ['<r>x<![CDATA[ never ends', 'broken or unfinished XML'],
    [
      '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>',
      'XML that defines its own entities',
    ],
    ['<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', 'XML that defines its own entities'],
    [`${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`, 'XML that cannot be read'],
    ['<r><__proto__>x</__proto__></r>', 'XML that cannot be read'],
    ['<r constructor="x"/>', 'XML that cannot be read'],
  ])('says what came instead: %.60s', (body, fault) => {
    expect(parseXml(body)).toEqual({ ok: false, fault: expect.stringContaining(fault) });
  });

  it('any part of a document is a fault, never half a document', () => {
    const whole = '<r xmlns:a="u"><a:x>1</a:x><x y="z">2 &amp; 3</x></r>';
    for (let length = 0; length < whole.length; length += 1)
      expect(parseXml(whole.slice(0, length)).ok, whole.slice(0, length)).toBe(false);
    expect(parseXml(whole).ok).toBe(true);
  });
});
