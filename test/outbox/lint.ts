import { load } from 'cheerio';
import type { Received } from '../support/smtp.ts';

/** Every header of a digest, in lower case; there is none besides. */
const HEADERS = [
  'auto-submitted',
  'content-type',
  'date',
  'feedback-id',
  'from',
  'list-archive',
  'list-help',
  'list-id',
  'list-post',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'message-id',
  'mime-version',
  'precedence',
  'subject',
  'to',
];

/** Where a link of a mail may lead to. */
const HOSTS =
  /^https:\/\/(papers\.example\.org|huggingface\.co|arxiv\.org|github\.com|project\.example)(\/|$)/;
const ENCODED_WORD = /=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/g;
const FORBIDDEN =
  'script, form, iframe, object, embed, svg, link, base, input, button, meta[http-equiv=refresh]';

/**
 * What is wrong with the digest in a sink: a sentence each, none for a good one.
 *
 * @param want - what its reader is to find in it
 */
export function lintDigest(mail: Received, want: { subject: string; titles: readonly string[] }): string[] {
  const faults: string[] = [];
  const check = (fault: string, ok: boolean) => {
    if (!ok) faults.push(fault);
  };
  const raw = mail.raw.toString('latin1');
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.slice(0, end);
  const body = raw.slice(end + 4);

  check('a line ends otherwise than with CRLF', !/[\r\n]/.test(raw.replaceAll('\r\n', '')));
  check('a byte is not printable ASCII', !/[^\x20-\x7e\t\r\n]/.test(raw));
  check('the last line has no end', raw.endsWith('\r\n'));
  // A link is not folded: signatures have broken over that.
  const headLines = head.split('\r\n');
  check(
    'a header line is too long',
    headLines.every((line) => line.length <= (line.includes('https:') ? 90 : 78)),
  );
  check(
    'a header line is blank',
    headLines.every((line) => line.trim() !== ''),
  );
  check(
    'a body line is over 76',
    body.split('\r\n').every((line) => line.length <= 76 || line.startsWith('Content-')),
  );
  check('a body line begins with a dot', !/^\./m.test(body));
  check('the message is over 100 kB', raw.length < 100_000);

  const names = headLines
    .filter((line) => !/^[ \t]/.test(line))
    .map((line) => line.split(':')[0]?.toLowerCase());
  check(`the headers are ${names}`, names.slice().sort().join() === HEADERS.join());
  check(
    'a line with encoded words is over 76',
    headLines.every((line) => !line.includes('=?') || line.length <= 76),
  );
  for (const [word = '', base64 = ''] of head.matchAll(ENCODED_WORD)) {
    check('an encoded word is over 75', word.length <= 75);
    check('an encoded word splits a character', !Buffer.from(base64, 'base64').toString().includes('\ufffd'));
  }
  check(`the subject is ${mail.parsed.subject}`, mail.parsed.subject === want.subject);

  check('there are not two parts', body.split('--=_paperboy').length === 4);
  check('the text does not come first', body.indexOf('text/plain') < body.indexOf('text/html'));
  const text = mail.parsed.text ?? '';
  const html = String(mail.parsed.html);
  check('the HTML is clipped by Gmail', Buffer.byteLength(html) < 102_000);
  for (const [name, part] of Object.entries({ text, html })) {
    check(
      `${name}: a control or direction character`,
      !/[\u202a-\u202e\u2066-\u2069\ufffd]|(?![\t\r\n])\p{Cc}/u.test(part),
    );
    check(`${name}: a hole`, !/\bundefined\b|\bNaN\b|\[object /.test(part));
    for (const purpose of ['unsubscribe', 'preferences', 'read'])
      check(
        `${name}: no ${purpose} link`,
        new RegExp(`https://papers\\.example\\.org/${purpose}/[\\w-]{28}`).test(part),
      );
  }
  return [...faults, ...lintText(text, want.titles), ...lintHtml(html, want.titles)];
}

const oneSpace = (text: string) => text.replace(/\s+/gu, ' ').trim();
/** A title may be cut for its place; how it begins is there whole. */
const beginning = (title: string) => [...oneSpace(title)].slice(0, 60).join('').trim();

function lintText(text: string, titles: readonly string[]): string[] {
  const line = oneSpace(text);
  return titles
    .filter((title) => !line.includes(beginning(title)))
    .map((title) => `text: the title ${JSON.stringify(title)} is missing`);
}

function lintHtml(html: string, titles: readonly string[]): string[] {
  const page = load(html);
  const faults: string[] = [];
  if (page(FORBIDDEN).length > 0) faults.push(`html: an element ${page(FORBIDDEN).prop('tagName')}`);
  page('*').each((_, element) => {
    const attributes = page(element).attr() ?? {};
    const event = Object.keys(attributes).find((name) => /^on|^srcdoc$/i.test(name));
    if (event) faults.push(`html: an attribute ${event}`);
    if (/expression|url\(/i.test(attributes.style ?? '')) faults.push(`html: a style ${attributes.style}`);
  });
  page('a, area').each((_, element) => {
    const href = page(element).attr('href') ?? '';
    if (!HOSTS.test(href)) faults.push(`html: a link to ${href}`);
  });
  page('img').each((_, element) => {
    if (page(element).attr('alt') === undefined) faults.push('html: an image without alt');
  });
  if (page('h1').length !== 1) faults.push(`html: ${page('h1').length} main headings`);
  const seen = oneSpace(page('body').text());
  for (const title of titles)
    if (!seen.includes(beginning(title))) faults.push(`html: the title ${JSON.stringify(title)} is missing`);
  return faults;
}
