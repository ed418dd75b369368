import { retryWaitMs } from '../../deliveries/rules/retry.ts';
import type { Settlement } from '../../deliveries/rules/states.ts';
import { classifyRefusal, readReply } from './smtp-reply.ts';

/** What came of handing a message to a server; see `SendOutcome`, with the server's name. */
export type Outcome =
  | { kind: 'accepted'; reply: string; server: string }
  | { kind: 'refused'; reply: string; server: string; stage: 'connect' | 'mail' | 'rcpt' | 'data' }
  | { kind: 'unsent'; reason: string; server: string; againAtMs?: number }
  | { kind: 'unknown'; reason: string; server: string };

/** The part of a settlement that an outcome decides. */
export type Ending = Omit<Settlement, 'id' | 'month' | 'papers'> & {
  /** True: look into our own set-up. */ ours?: boolean;
};

/** While no server can be reached nobody was spoken to: the mail waits this long, however often. */
export const NO_SERVER_WAIT_MS = 30_000;

/**
 * Turns an outcome into the ledger's words.
 *
 * @param attempts - conversations about this mail before this one
 * @param random - from 0 to 1, spreads retries
 */
export function settlementOf(
  outcome: Outcome,
  context: { attempts: number; nowMs: number; random: number; uncertain: 'hold' | 'resend' },
): Ending {
  const { attempts, nowMs, random } = context;
  const retryAt = () => nowMs + retryWaitMs(attempts + 1, random);
  switch (outcome.kind) {
    case 'accepted': {
      const { code, text } = readReply(outcome.reply);
      return { state: 'sent', attempted: true, smtpCode: code, smtpReply: text, server: outcome.server };
    }
    case 'unsent':
      return {
        state: 'planned',
        dueAtMs: outcome.againAtMs ?? nowMs + Math.round(NO_SERVER_WAIT_MS * (1 + random)),
        reason: `not sent: ${outcome.reason}`,
      };
    case 'unknown':
      if (context.uncertain === 'resend')
        return {
          state: 'planned',
          dueAtMs: retryAt(),
          attempted: true,
          reason: `sent again: the connection died after DATA (${outcome.reason})`,
          server: outcome.server,
        };
      return {
        state: 'uncertain',
        attempted: true,
        reason: `the connection died after DATA: ${outcome.reason}`,
        server: outcome.server,
      };
    case 'refused': {
      const reply = readReply(outcome.reply);
      const said = { attempted: true, smtpCode: reply.code, smtpReply: reply.text, server: outcome.server };
      const verdict = classifyRefusal(reply, outcome.stage);
      if (verdict === 'retry')
        return { ...said, state: 'planned', dueAtMs: retryAt(), reason: 'refused for now' };
      if (verdict === 'reader') return { ...said, state: 'failed', reason: 'the address was refused' };
      return { ...said, state: 'failed', reason: 'refused because of us, not of the address', ours: true };
    }
  }
}
