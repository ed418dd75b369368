/** XML 1.0, written from texts that anyone may have chosen. */

// All that XML 1.0 allows (https://www.w3.org/TR/xml/#charsets) is kept; a half of a pair, a control or U+FFFE cannot even be
// written as a number.
const ILLEGAL = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
// The named ones: every parser knows them, and some read no others.
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text as the content of an element or of an attribute in double quotes. */
export const escapeXml = (text: string) =>
  text.replace(ILLEGAL, '').replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);

/** Written XML, as told from text that is still to be escaped. */
export interface Xml {
  xml: string;
}

/**
 * One element. Texts and values are escaped; what is undefined or null is left out.
 *
 * @param name - of ours, with its prefix; never from outside
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  ...children: readonly (string | Xml | readonly Xml[] | null)[]
): Xml {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('');
  const content = children
    .flat()
    .map((child) => (child === null ? '' : typeof child === 'string' ? escapeXml(child) : child.xml))
    .join('');
  return { xml: content === '' ? `<${name}${written}/>\n` : `<${name}${written}>${content}</${name}>\n` };
}

/** A whole document. */
export const xmlDocument = (root: Xml) => `<?xml version="1.0" encoding="utf-8"?>\n${root.xml}`;
