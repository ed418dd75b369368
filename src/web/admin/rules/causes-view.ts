import type { Cause } from '../../../deliveries/index.ts';
import { thousands } from './words.ts';

/** A line of "who did not get it, and why". */
export interface CauseView {
  rows: string;
  state: string;
  words: string;
  smtpCode: number | null;
  /** Fields of the form that plans these again; null where that is not offered. */
  again: { act: 'retry' | 'resend'; fields: { name: string; value: string }[] } | null;
}

const NOBODY: Record<string, string> = {
  reason: 'no reason was written down',
  domain: 'readers who were erased',
  server: 'not handed to a server',
};

/**
 * Groups as the page shows them. Failed ones have a button of their own; uncertain ones are resent as a whole, by reason.
 *
 * @param by - what they were grouped by
 */
export function viewCauses(causes: readonly Cause[], by: 'reason' | 'domain' | 'server'): CauseView[] {
  return causes.map(({ state, value, smtpCode, rows }) => ({
    rows: thousands(rows),
    state,
    words: value ?? NOBODY[by] ?? '',
    smtpCode,
    again:
      value !== null && (state === 'failed' || (state === 'uncertain' && by === 'reason'))
        ? {
            act: state === 'failed' ? 'retry' : 'resend',
            fields: [
              { name: by, value },
              ...(by === 'reason' ? [{ name: 'code', value: String(smtpCode ?? 'none') }] : []),
            ],
          }
        : null,
  }));
}
