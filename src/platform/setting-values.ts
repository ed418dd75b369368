import { createPrivateKey } from 'node:crypto';
import { parseUrl } from './parse-url.ts';

// How the text of a setting becomes its value. Each takes a text that is not empty and throws a Fault when it is not usable.

/** One SMTP server of `SMTP_URL`. */
export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the first byte (`smtps://`). */
  secure: boolean;
  auth?: { user: string; pass: string };
  /** Messages a second at most; absent: unlimited. */
  rate?: number;
  /** Share of the messages among several servers (default: 1). */
  weight: number;
  /** Connections held open at most (default: 10). */
  pool: number;
}

/** A source of papers, as named in `SOURCES`. */
export type SourceSetting = { name: 'huggingface' } | { name: 'arxiv' } | { name: 'file'; path: string };

/** Says what is wrong with a value, as the end of the sentence that starts with the setting's name. */
export class Fault extends Error {}

/** As it stands. */
export const text = (value: string) => value;

/** Digits alone, within bounds that belong to it. */
export function wholeNumber(from: number, to: number) {
  return (value: string) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to)
      throw new Fault(`must be a whole number from ${from} to ${to}`);
    return number;
  };
}

/** Above 0, with or without a fraction. */
export function positiveNumber(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new Fault('must be a number above 0');
  return number;
}

/** One of these words, as written. */
export function oneOf<const Choice extends string>(...choices: Choice[]) {
  return (value: string): Choice => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new Fault(`must be one of ${choices.join(', ')}`);
    return found;
  };
}

/** A URL with one of these protocols (with their colon) and a host. */
export function url(...protocols: string[]) {
  return (value: string): URL => {
    const parsed = parseUrl(value);
    if (!parsed || !protocols.includes(parsed.protocol) || parsed.hostname === '')
      throw new Fault(`must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    return parsed;
  };
}

/** An http(s) origin or path, without the slash at its end. What is asked for is appended, so nothing may follow the path. */
export function webUrl(value: string): string {
  const { href, search, hash, username, password } = url('http:', 'https:')(value);
  if (search || hash || username || password)
    throw new Fault('must be a URL without a user, a query or a fragment');
  return href.replace(/\/+$/, '');
}

const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** A domain name in ASCII (RFC 1035's lengths), in lower case. */
export function domain(value: string): string {
  if (!DOMAIN.test(value)) throw new Fault('must be a domain name such as paperboy.example.org');
  return value.toLowerCase();
}

/** `Name <local@domain>` or `local@domain`, in ASCII. */
export function mailbox(value: string): { name: string; address: string } {
  // No control signs in the name: it stands in a header.
  const match = /^(?:"?([^"<>\p{Cc}]*?)"? *<([^<>\s]+)>|([^<>\s]+))$/u.exec(value.trim());
  const address = match?.[2] ?? match?.[3] ?? '';
  const [local, host, ...rest] = address.split('@');
  if (!local || !host || rest.length > 0 || !/^[\x21-\x7e]{1,64}$/.test(local) || !DOMAIN.test(host))
    throw new Fault('must be a mailbox such as Paperboy <digest@paperboy.example.org>');
  return { name: match?.[1]?.trim() || 'Paperboy', address: `${local}@${host.toLowerCase()}` };
}

function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new Fault('has a user or password that is not percent-encoded: a % there is written %25');
  }
}

/** Servers separated by commas; see the setting's doc. */
export function smtpServers(value: string): SmtpServer[] {
  return value.split(',').map((part) => {
    const parsed = url('smtp:', 'smtps:')(part.trim());
    const secure = parsed.protocol === 'smtps:';
    // What stands here is often the rest of a password whose / or # was not encoded.
    if (parsed.hash !== '' || !['', '/'].includes(parsed.pathname) || parsed.port === '0')
      throw new Fault('must be host and port, then options; in a password / is written %2F and # is %23');
    const server: SmtpServer = {
      host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: parsed.port === '' ? (secure ? 465 : 25) : Number(parsed.port),
      secure,
      weight: 1,
      pool: 10,
    };
    if (parsed.username !== '')
      server.auth = {
        user: percentDecoded(parsed.username),
        pass: percentDecoded(parsed.password),
      };
    for (const [key, option] of parsed.searchParams) {
      if (key === 'rate') server.rate = positiveNumber(option);
      else if (key === 'weight') server.weight = positiveNumber(option);
      else if (key === 'pool') server.pool = wholeNumber(1, 1000)(option);
      // Not named: it may be the rest of a password whose ? was not encoded.
      else
        throw new Fault(
          'knows the options rate, weight and pool and no others; in a password ? is written %3F',
        );
    }
    return server;
  });
}

/** Keys separated by commas. */
export function secretKeys(value: string): string[] {
  const keys = value.split(',').map((key) => key.trim());
  // 32 random bytes are 43 characters of base64url or 64 of hex; 32 characters is the least that can hold enough.
  if (keys.some((key) => key.length < 32))
    throw new Fault('must be one or more keys of at least 32 random characters, separated by commas');
  return keys;
}

/** Names of sources separated by commas. */
export function sources(value: string): SourceSetting[] {
  return value.split(',').map((part): SourceSetting => {
    const name = part.trim();
    if (name === 'huggingface' || name === 'arxiv') return { name };
    if (name.startsWith('file:') && name.length > 5) return { name: 'file', path: name.slice(5) };
    throw new Fault('must be a comma list of huggingface, arxiv and file:PATH');
  });
}

// `cs.CL`, `q-bio.NC`, `astro-ph.EP`, `cond-mat.mtrl-sci`; an archive alone: `hep-th`, `cs`.
const CATEGORY = /^[a-z]{1,8}(-[a-z]{2,3})?(\.([A-Z]{2}|[a-z]{2,6}(-[a-z]{2,4})?))?$/;

/** arXiv categories separated by commas, each once. */
export function arxivCategories(value: string): string[] {
  const names = value.split(',').map((part) => part.trim());
  // arXiv has about 150; each is part of one address.
  if (names.length > 50 || names.some((name) => !CATEGORY.test(name)))
    throw new Fault('must be a comma list of at most 50 arXiv categories such as cs.CL,cs.LG');
  return [...new Set(names)];
}

/** Minutes after midnight UTC. */
export function timeOfDay(value: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value);
  if (!match) throw new Fault('must be a time of day such as 02:00 (UTC)');
  return Number(match[1]) * 60 + Number(match[2]);
}

/** Messages a second by domain, `domain=rate` separated by commas; of two of one domain the last counts. */
export function domainRates(value: string): Map<string, number> {
  const rates = new Map<string, number>();
  for (const part of value.split(',')) {
    const [name = '', rate = '', ...rest] = part.trim().split('=');
    if (rest.length > 0) throw new Fault('must be a comma list such as gmail.com=50,outlook.com=20');
    rates.set(domain(name), positiveNumber(rate));
  }
  return rates;
}

/**
 * Found out here and not at the first mail. RSA alone: it is what every receiver can check (RFC 8463 is young), and
 * what the signer makes; RFC 8301 section 3.2 has keys of 1024 bits and more.
 */
export function privateKey(value: string): string {
  // Files of settings have no line breaks in a value: there they are written \n.
  const pem = value.replaceAll('\\n', '\n');
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 1024) return pem;
  } catch {
    // Said below.
  }
  throw new Fault(
    'must be an RSA private key of at least 1024 bits in PEM, such as `openssl genrsa 2048` writes',
  );
}

/** An Ed25519 private key in PEM. */
export function ed25519Key(value: string): string {
  const pem = value.replaceAll('\\n', '\n');
  try {
    if (createPrivateKey(pem).asymmetricKeyType === 'ed25519') return pem;
  } catch {
    // Said below.
  }
  throw new Fault(
    'must be an Ed25519 private key in PEM, such as `openssl genpkey -algorithm ed25519` writes',
  );
}
