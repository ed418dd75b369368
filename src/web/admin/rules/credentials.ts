import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * What an Authorization header offers as the admin token: the password of Basic (RFC 7617, any user name) or the token of
 * Bearer (RFC 6750). Undefined where it offers nothing that can be read.
 */
export function readCredentials(header: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(basic|bearer) +(\S+) *$/i.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** Compares in constant time, whatever the lengths. An empty token is none that was set, and equals nothing. */
export function isToken(offered: string, token: string): boolean {
  // Hashed first: timingSafeEqual asks for equal lengths, and so the length does not show either.
  const equal = timingSafeEqual(digestOf(offered), digestOf(token));
  return equal && token !== '';
}

/**
 * Whose tries are counted together: an IPv4 address, or an IPv6 network of 64 bits, since that is what one household or
 * machine is given (RFC 6177).
 */
export function networkOf(ip: string): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = plain.includes('::')
    ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
    : [];
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
