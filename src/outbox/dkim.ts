import { createPrivateKey } from 'node:crypto';
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

const SIGNATURE = 'DKIM-Signature:';

/**
 * Signs with rsa-sha256. Nodemailer lets a message pass unsigned where it cannot sign; this throws instead.
 *
 * @throws Error when the key is not an RSA private key in PEM
 */
export function createSigner(options: { domain: string; selector: string; key: string }): Signer {
  const { asymmetricKeyType } = createPrivateKey(options.key);
  if (asymmetricKeyType !== 'rsa')
    throw new Error(
      `DKIM_KEY is of type ${asymmetricKeyType}; mail is signed with RSA keys. Make one of 2048 bits.`,
    );
  const dkim = new DKIM({
    keys: { domainName: options.domain, keySelector: options.selector, privateKey: options.key },
    headerFieldNames: SIGNED_HEADERS,
  });
  return async (message) => {
    const chunks: Buffer[] = [];
    for await (const chunk of dkim.sign(message)) chunks.push(chunk as Buffer);
    const signed = Buffer.concat(chunks);
    if (signed.toString('latin1', 0, SIGNATURE.length) !== SIGNATURE)
      throw new Error('The message could not be signed; look at DKIM_KEY.');
    return signed;
  };
}
