import type { SmtpReply } from './smtp-reply.ts';

/** How a receiving domain stands. */
export interface Pace {
  /** Milliseconds from one message to the next; null: as fast as the settings allow. */
  pauseMs: number | null;
  /** When the pause last changed. */
  changedAtMs: number;
}

/** What a domain was heard to say of a message. */
export interface Heard {
  kind: 'accepted' | 'throttled';
  /** When the message left. */
  sentAtMs: number;
}

/** The pause after the first complaint: long enough for a limit that counts by the second to be over. */
export const FIRST_PAUSE_MS = 5_000;

/**
 * The longest pause. One message a minute is a knock that nobody minds, and a domain that takes mail again is found out
 * within the minute.
 */
export const LONGEST_PAUSE_MS = 60_000;

/** A domain that takes mail at this pace (50 a second) is not slowed any more. */
export const SHORTEST_PAUSE_MS = 20;

/** Two steps up are at least this far apart, so that the replies to the first can come in. */
const STEP_MS = 1_000;

// A greylisting server refuses each new message once, at any speed: slower would only be later.
const GREYLISTING = /gr[ea]y[ -]?list|postgrey/i;

/**
 * Does a refusal ask us to slow down for the whole domain? 421, 450 and 451 do, and any 4xx with a status of security or
 * policy (x.7.x). What is about one address or one mailbox (x.1.x, x.2.x; RFC 3463) is not about our speed.
 *
 * @param stage - before RCPT the server has not heard which domain it is about; that slows the server alone
 */
export function isThrottling(reply: SmtpReply, stage: 'connect' | 'mail' | 'rcpt' | 'data'): boolean {
  if (reply.code < 400 || reply.code > 499 || stage === 'connect' || stage === 'mail') return false;
  if (GREYLISTING.test(reply.text)) return false;
  const subject = Number(reply.status?.split('.')[1] ?? 0);
  if (subject === 1 || subject === 2) return false;
  return [421, 450, 451].includes(reply.code) || subject === 7;
}

/**
 * So much suspicion slows a domain: five complaints in a row, or more than one in five for a while. Less is the weather: big
 * providers put off a few mails of each morning, and their readers are not to wait for these.
 */
export const SUSPICION_MAX = 5;
const FORGIVEN = 1 / 4;

/** How much a domain at full speed is suspected of wanting less, after something was heard; from 0 up. */
export function suspicionAfter(suspicion: number, kind: Heard['kind']): number {
  return kind === 'throttled' ? suspicion + 1 : Math.max(0, suspicion - FORGIVEN);
}

/**
 * The pace after something was heard: one complaint doubles the pause, one message taken halves it. What is heard of a
 * message that left before the last change says nothing about that change, so ten complaints at once count as one.
 *
 * @returns the same object where nothing changes
 */
export function paceAfter(pace: Pace, heard: Heard, nowMs: number): Pace {
  const { pauseMs } = pace;
  // A change in the future was made by a clock that has been set back since.
  const changedAtMs = pace.changedAtMs > nowMs ? 0 : pace.changedAtMs;
  if (pauseMs === null)
    return heard.kind === 'throttled' ? { pauseMs: FIRST_PAUSE_MS, changedAtMs: nowMs } : pace;
  if (heard.sentAtMs <= changedAtMs) return pace;
  if (heard.kind === 'throttled')
    return { pauseMs: Math.min(pauseMs * 2, LONGEST_PAUSE_MS), changedAtMs: nowMs };
  if (nowMs - changedAtMs < STEP_MS) return pace;
  const faster = pauseMs / 2;
  return { pauseMs: faster < SHORTEST_PAUSE_MS ? null : faster, changedAtMs: nowMs };
}

/** A reply without the addresses that it names, for records that outlive their readers. */
export function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>]*@[^\s<>]*/g, '(address)');
}

/** The receiving domain of an address, in lower case. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}
