import { createHmac } from 'node:crypto';
import { isToken } from './credentials.ts';
import { count } from './words.ts';

/** What an operator may do to an edition. */
export const ACTS = ['pause', 'resume', 'cancel', 'retry', 'resend'] as const;
export type Act = (typeof ACTS)[number];

/** Which deliveries: all of the act's that fit what is named. `smtpCode` null: those without one. */
export interface ActChoice {
  smtpCode?: number | null;
  domain?: string;
  server?: string;
  reason?: string;
}

/** What came of it; `tooLate`: deliveries that fitted and stay as they are. */
export interface Acted {
  outcome: 'done' | 'already' | 'withdrawn' | 'unknown';
  rows: number;
  tooLate: number;
}

export const readAct = (text: unknown): Act | undefined => ACTS.find((act) => act === text);

/** Longer than any reason or name of ours. */
const TEXT_MAX = 2_000;

/**
 * Reads which deliveries are meant, from a form or a JSON body: `code` (a number, or `none`), `domain`, `server`, `reason`.
 *
 * @returns a sentence where something is not understood, so that a typing error never widens what is sent again
 */
export function readActChoice(body: unknown): { choice: ActChoice } | { fault: string } {
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const choice: ActChoice = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'act' || name === 'form' || name === 'sure') continue;
    if (name === 'code') {
      const text = String(value);
      if (text !== 'none' && !/^[2-5]\d\d$/.test(text))
        return { fault: '“code” is an SMTP code from 200 to 599, or none.' };
      choice.smtpCode = text === 'none' ? null : Number(text);
    } else if (name === 'domain' || name === 'server' || name === 'reason') {
      if (typeof value !== 'string' || value === '' || value.length > TEXT_MAX || value.includes('\0'))
        return { fault: `“${name}” is a text.` };
      choice[name] = name === 'domain' ? value.toLowerCase() : value;
    } else return { fault: 'What can be named is code, domain, server and reason.' };
  }
  return { choice };
}

/**
 * What a form of the operator's pages carries, so that no foreign page can send it: a browser adds the password to any
 * request for this site by itself, but only who has the token can make this.
 */
export const formKey = (adminToken: string, editionId: number): string =>
  createHmac('sha256', adminToken).update(`admin form ${editionId}`).digest('base64url').slice(0, 27);

/** Does a form carry the key of that edition's page? Compared in constant time. */
export const isFormKey = (offered: unknown, adminToken: string, editionId: number): boolean =>
  adminToken !== '' && typeof offered === 'string' && isToken(offered, formKey(adminToken, editionId));

/** The query that tells the page after an act what came of it. */
export const writeActed = (act: Act, { outcome, rows, tooLate }: Acted): string =>
  `?${new URLSearchParams({ act, outcome, rows: String(rows), late: String(tooLate) })}`;

/** What came of an act, in a sentence or two; null where the page was opened without one. */
export function sayActed(query: Readonly<Record<string, unknown>>): string | null {
  const act = readAct(query.act);
  const [rows, tooLate] = [query.rows, query.late].map((text) =>
    typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : 0,
  ) as [number, number];
  if (!act) return null;
  if (query.outcome === 'withdrawn') return 'This edition was withdrawn, and what was cancelled stays so.';
  if (query.outcome === 'already') return 'It was so already; nothing changed.';
  if (query.outcome !== 'done') return null;
  const late =
    tooLate > 0
      ? ` ${count(tooLate, 'mail')} stayed: their day has passed, or a later edition is out, or theirs was withdrawn.`
      : '';
  return `${SAID[act](rows)}${late}`;
}

const SAID: Record<Act, (rows: number) => string> = {
  pause: () => 'Paused. Nothing of it is sent until you resume it; what was on the wire arrives.',
  resume: () => 'It goes on. What is due goes out within a minute.',
  cancel: (rows) => `Withdrawn. ${count(rows, 'mail')} cancelled.`,
  retry: (rows) => `${count(rows, 'mail')} planned again, with the same Message-ID.`,
  resend: (rows) => `${count(rows, 'mail')} planned again, with the same Message-ID.`,
};
