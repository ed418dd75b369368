import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element, known by the URI of its namespace: prefixes are the writer's choice (`arxiv:`, `ns1:`). */
export interface XmlElement {
  /** '' without a namespace. */
  uri: string;
  name: string;
  /** Attributes without a prefix, decoded. */
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  /** Its own text, decoded, children left out. */
  text: string;
}

// Feeds are four deep; deeper is no feed but an attack on whoever walks it.
const DEPTH_MAX = 20;

// Entities are decoded below: the five that XML has and characters by number. A DOCTYPE, the only place where a text
// can define more (and bombs), is refused before parsing.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: false,
  parseTagValue: false,
  trimValues: false,
  cdataPropName: '#cdata',
  maxNestedTags: DEPTH_MAX,
});

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi,
    (whole, decimal?: string, hex?: string, name = '') => {
      const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
      if (code === undefined) return NAMED[name] ?? whole;
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    },
  );
}

// What the parser gives for an element, a text or a CDATA section: one key beside the attributes under ':@'.
type RawNode = Record<string, unknown>;
type Scope = ReadonlyMap<string, string>;

const isRaw = (value: unknown): value is RawNode => typeof value === 'object' && value !== null;
const rawTexts = (value: unknown) =>
  (Array.isArray(value) ? value : []).map((part: unknown) =>
    isRaw(part) && typeof part['#text'] === 'string' ? part['#text'] : '',
  );

function split(tag: string): [prefix: string, name: string] {
  const colon = tag.indexOf(':');
  return colon < 0 ? ['', tag] : [tag.slice(0, colon), tag.slice(colon + 1)];
}

function readElement(tag: string, node: RawNode, outer: Scope): XmlElement {
  const attributes = new Map<string, string>();
  let scope = outer;
  for (const [key, value] of Object.entries(isRaw(node[':@']) ? node[':@'] : {})) {
    const [prefix, name] = split(key);
    const text = decode(String(value));
    if (key === 'xmlns') scope = new Map(scope).set('', text);
    else if (prefix === 'xmlns') scope = new Map(scope).set(name, text);
    else if (prefix === '') attributes.set(name, text);
  }
  const [prefix, name] = split(tag);
  const children: XmlElement[] = [];
  let text = '';
  const parts: unknown = node[tag];
  for (const part of Array.isArray(parts) ? parts : []) {
    if (!isRaw(part)) continue;
    const key = Object.keys(part).find((candidate) => candidate !== ':@') ?? '';
    if (key === '#text') text += decode(String(part['#text']));
    else if (key === '#cdata') text += rawTexts(part['#cdata']).join('');
    else if (!key.startsWith('?')) children.push(readElement(key, part, scope));
  }
  return { uri: scope.get(prefix) ?? '', name, attributes, children, text };
}

/**
 * Reads an XML document whole or not at all: half a page, a web page or anything with a DOCTYPE is a fault.
 *
 * @returns the root; or what came instead, in words that end the sentence "SOURCE answered with …"
 */
export function parseXml(body: string): { ok: true; root: XmlElement } | { ok: false; fault: string } {
  const text = body.replace(/^\ufeff?\s*/, '');
  if (text === '') return { ok: false, fault: 'nothing' };
  if (/^(<!doctype html|<html)/i.test(text)) return { ok: false, fault: 'a web page instead of a feed' };
  if (!text.startsWith('<')) return { ok: false, fault: 'something else than XML' };
  if (/<!doctype/i.test(text)) return { ok: false, fault: 'XML that defines its own entities (a DOCTYPE)' };
  try {
    const broken = { ok: false as const, fault: 'broken or unfinished XML' };
    if (XMLValidator.validate(text) !== true) return broken;
    const nodes: unknown = parser.parse(text);
    const tags = (Array.isArray(nodes) ? nodes : []).flatMap((node: unknown) => {
      const tag = isRaw(node) ? Object.keys(node).find((key) => !/^[?:#]/.test(key)) : undefined;
      return isRaw(node) && tag !== undefined ? [{ tag, node }] : [];
    });
    const [first, ...rest] = tags;
    if (first && rest.length === 0) return { ok: true, root: readElement(first.tag, first.node, new Map()) };
    return broken;
  } catch {
    // The parser throws on what it takes for an attack: nesting without end, names such as __proto__.
    return { ok: false, fault: 'XML that cannot be read' };
  }
}

/** The first child of that name and namespace. */
export const childOf = (parent: XmlElement, uri: string, name: string): XmlElement | undefined =>
  parent.children.find((child) => child.name === name && child.uri === uri);

/** All children of that name and namespace. */
export const childrenOf = (parent: XmlElement, uri: string, name: string): XmlElement[] =>
  parent.children.filter((child) => child.name === name && child.uri === uri);

/** The text of the first child of that name and namespace; '' where there is none. */
export const textOf = (parent: XmlElement, uri: string, name: string): string =>
  childOf(parent, uri, name)?.text ?? '';
