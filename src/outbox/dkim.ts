import DKIM from 'nodemailer/lib/dkim';

/** Signs a whole message and returns it with the signature in front. */
export type Signer = (message: Buffer) => Promise<Buffer>;

/**
 * What the signature covers. RFC 6376 section 5.4.1, and what Nodemailer's default leaves out: RFC 8058 section 4 asks
 * that both List-Unsubscribe headers be covered, and Feedback-ID counts only when signed (Google's page on it).
 */
const SIGNED_HEADERS = [
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Reply-To',
  'List-Id',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Help',
  'List-Archive',
  'List-Post',
  'Precedence',
  'Feedback-ID',
  'Auto-Submitted',
].join(':');

/** @throws Error when the key is not a PEM private key */
export function createSigner(options: { domain: string; selector: string; key: string }): Signer {
  const dkim = new DKIM({
    keys: { domainName: options.domain, keySelector: options.selector, privateKey: options.key },
    headerFieldNames: SIGNED_HEADERS,
  });
  return async (message) => {
    const chunks: Buffer[] = [];
    for await (const chunk of dkim.sign(message)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
}
