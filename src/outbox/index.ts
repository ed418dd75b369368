export type { OutgoingMessage, SendOutcome } from './connection.ts';
export { createSigner, type Signer } from './dkim.ts';
export { type Composed, createMailroom, type DigestOrder, type Mailroom, type Sender } from './mailroom.ts';
export { readDigest } from './read-digest.ts';
export { type SendContext, type SendCounts, sendBatch } from './send-batch.ts';
export { createTransport, type Transport } from './transport.ts';
