import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a link in a mail may do; each has tokens of its own, useless for the others. */
export type LinkPurpose = 'confirm' | 'unsubscribe' | 'preferences' | 'read' | 'vote' | 'proof';
/** Links, the return path of a mail, and a private feed. */
export type TokenPurpose = LinkPurpose | 'bounce' | 'feed';

/**
 * Makes and reads the signed names in mails. The ids: `confirm` a consent of step 'requested'; `unsubscribe`, `preferences` and
 * `vote` (whose link adds the paper) a subscriber; `read` and `bounce` a delivery; `proof` and `feed` rows of those tables. Tokens
 * do not expire by themselves; the stories decide.
 */
export interface Links {
  /** 28 URL-safe characters. @throws RangeError when the id is not a whole number from 0 below 2^40 */
  token(purpose: TokenPurpose, id: number): string;
  /** The id, or null for anything that `token` did not make for this purpose under one of the keys. Never throws. */
  read(purpose: TokenPurpose, token: string): number | null;
  /** The page for an id. */
  url(purpose: LinkPurpose, id: number): string;
  /** The page of a token that `token` made. */
  urlOf(purpose: LinkPurpose, token: string): string;
  /** `b+TOKEN@mailDomain`: the envelope sender of a delivery (VERP). 30 octets before the @. */
  bounceAddress(deliveryId: number, mailDomain: string): string;
  /** The delivery that a bounce was sent back for, or null. Its local part must come back as it went out, case included. */
  readBounceAddress(address: string, mailDomain: string): number | null;
  /** Keyed hashes of an address key, one for each signing key; the first is the one to store. See `addressHash`. */
  addressHashes(emailKey: string): Buffer[];
}

// 2^40 ids last 34 years at a thousand deliveries a second; 128 bits of MAC cannot be guessed. 21 bytes are 28 characters
// without padding, so that header name and link stay under 76 octets (a folded header breaks signatures downstream) and no two texts mean the same token.
const ID_BYTES = 5;
const MAC_BYTES = 16;
const ID_END = 2 ** (8 * ID_BYTES);
const TOKEN = /^[A-Za-z0-9_-]{28}$/;
const BOUNCE = /^b\+([A-Za-z0-9_-]{28})@([^@]{1,253})$/;

const macOf = (key: string, purpose: TokenPurpose, id: number) =>
  createHmac('sha256', key).update(`paperboy/1/${purpose}/${id}`).digest().subarray(0, MAC_BYTES);

/**
 * The name under which an address is suppressed; it outlives the subscriber, so it says nothing to those without the key.
 * A key that is retired takes its suppressions along: keep old keys in the list.
 *
 * @param keys - the first is used
 * @param emailKey - `key` of `normaliseAddress`
 * @returns 32 bytes, HMAC-SHA-256
 */
export function addressHash(keys: readonly string[], emailKey: string): Buffer {
  const [key] = keys;
  if (key === undefined) throw new Error('addressHash needs a secret key; set SECRET_KEY.');
  return createHmac('sha256', key).update(`paperboy/1/address/${emailKey}`).digest();
}

/**
 * @param options.publicUrl - what links start with; a slash at its end is dropped
 * @param options.keys - the first signs, all verify, so that keys can be rotated
 * @throws Error when there is no key
 */
export function createLinks(options: { publicUrl: string; keys: readonly string[] }): Links {
  const { keys } = options;
  const [signingKey] = keys;
  if (signingKey === undefined) throw new Error('createLinks needs a secret key; set SECRET_KEY.');
  const publicUrl = options.publicUrl.replace(/\/+$/, '');

  function token(purpose: TokenPurpose, id: number): string {
    if (!Number.isInteger(id) || id < 0 || id >= ID_END)
      throw new RangeError(`A ${purpose} token needs a whole number from 0 below 2^40, not ${id}.`);
    const bytes = Buffer.allocUnsafe(ID_BYTES + MAC_BYTES);
    bytes.writeUIntBE(id, 0, ID_BYTES);
    macOf(signingKey as string, purpose, id).copy(bytes, ID_BYTES);
    return bytes.toString('base64url');
  }

  function read(purpose: TokenPurpose, text: string): number | null {
    if (typeof text !== 'string' || !TOKEN.test(text)) return null;
    const bytes = Buffer.from(text, 'base64url');
    const id = bytes.readUIntBE(0, ID_BYTES);
    const mac = bytes.subarray(ID_BYTES);
    // Every key is tried, so that the time does not tell which one signed.
    let valid = false;
    for (const key of keys) if (timingSafeEqual(mac, macOf(key, purpose, id))) valid = true;
    return valid ? id : null;
  }

  const urlOf = (purpose: LinkPurpose, text: string) => `${publicUrl}/${purpose}/${text}`;

  return {
    token,
    read,
    url: (purpose, id) => urlOf(purpose, token(purpose, id)),
    urlOf,
    bounceAddress: (deliveryId, mailDomain) => `b+${token('bounce', deliveryId)}@${mailDomain}`,
    readBounceAddress(address, mailDomain) {
      const [, found, domain] = BOUNCE.exec(address) ?? [];
      if (found === undefined || domain?.toLowerCase() !== mailDomain.toLowerCase()) return null;
      return read('bounce', found);
    },
    addressHashes: (emailKey) => keys.map((key) => addressHash([key], emailKey)),
  };
}
