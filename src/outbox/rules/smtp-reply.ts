/**
 * What a server's refusal means for the delivery.
 *
 * - `retry`: not now (4xx).
 * - `reader`: this address, for good (5xx about the mailbox).
 * - `ours`: about us: policy, reputation, authentication, or a message that it cannot take. Never counts against the reader.
 */
export type Verdict = 'retry' | 'reader' | 'ours';

/** A reply line of a server, taken apart. */
export interface SmtpReply {
  /** The three digits; 0 where a text had none. */
  code: number;
  /** RFC 3463, such as `5.1.1`; absent where the server gave none. */
  status?: string;
  text: string;
}

/** Longest reply that is kept. */
const TEXT_MAX = 300;

/** Takes a reply apart; several lines become one. */
export function readReply(response: string): SmtpReply {
  const text = response
    .replace(/\r?\n(\d{3}[ -])?/g, ' ')
    .replace(/[\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, TEXT_MAX);
  const code = Number(/^\d{3}/.exec(text)?.[0] ?? 0);
  const status = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1];
  return { code, text, ...(status && { status }) };
}

// Words by which servers without a status code say whose fault it is. Policy goes first: "user unknown" is never in
// the same breath as a blocklist, but "rejected" is in both.
const POLICY_WORDS =
  /\b(spam|block(ed|list)?|blacklist|black-list|dnsbl|rbl|reputation|policy|spf|dkim|dmarc|unauthenticated|authentication|relay(ing)?|ptr|reverse dns|ip address)\b/i;
const MAILBOX_WORDS =
  /\b(user|mailbox|recipient|address|account)\b.{0,40}\b(unknown|not found|no such|invalid|unavailable|disabled|inactive|does ?n[o']t exist|rejected)\b|\b(no such|unknown|invalid)\b.{0,20}\b(user|mailbox|recipient|address|person|account)\b/i;

/**
 * Tells refusals apart: RFC 3463's code decides, and words where there is none or it is vague.
 *
 * @param stage - what the server refused; a refusal of MAIL or DATA cannot be about the reader's address alone
 */
export function classifyRefusal(reply: SmtpReply, stage: 'connect' | 'mail' | 'rcpt' | 'data'): Verdict {
  if (reply.code < 500) return 'retry';
  const [, subject, detail] = reply.status?.split('.').map(Number) ?? [];
  if (subject === 7 || subject === 6) return 'ours';
  if (subject === 1 && detail !== undefined && ![7, 8, 9].includes(detail)) return 'reader';
  if (subject === 2) return 'reader';
  if (stage === 'connect' || stage === 'mail') return 'ours';
  if (POLICY_WORDS.test(reply.text)) return 'ours';
  if (MAILBOX_WORDS.test(reply.text)) return 'reader';
  return stage === 'rcpt' ? 'reader' : 'ours';
}

/**
 * Is a refusal about the server or us rather than this message and its reader, so that another server may take it? Once
 * the data were sent it is left to the retry.
 */
export function isOfServer(reply: SmtpReply, stage: 'connect' | 'mail' | 'rcpt' | 'data'): boolean {
  if (stage === 'data') return false;
  if (reply.code === 421) return true;
  // MAIL carries the message's size (RFC 1870); 552 and x.3.4 are about that.
  return stage !== 'rcpt' && reply.code !== 552 && !reply.status?.endsWith('.3.4');
}
