import type { Claimed, Settlement } from '../deliveries/index.ts';
import type { Selection } from '../interests/index.ts';
import type { Composed } from './mailroom.ts';
import { joinReasons, readContents } from './rules/held.ts';
import { domainOf } from './rules/pace.ts';
import { NO_SERVER_WAIT_MS, settlementOf } from './rules/settlement.ts';
import type { SendContext } from './send-context.ts';
import { isPassing } from './settle-firmly.ts';

/**
 * Composes a claimed row's mail and hands it over. A digest that no server took is chosen anew each time, by what its reader
 * follows now; of one that a server may have taken, the copy holds what the first did.
 *
 * @returns what came of it; it never throws but for a bug
 */
export async function sendOne(context: SendContext, row: Claimed): Promise<Settlement> {
  const name = { id: row.id, month: row.month };
  if (row.refusal) return { ...name, ...row.refusal };
  const mail = await composeOrSay(context, row);
  return { ...name, ...('state' in mail ? mail : await handOver(context, row, mail)) };
}

type Ended = Omit<Settlement, 'id' | 'month'>;

/** The row's mail, or why there is none. A function of its own: what it needed is not kept for as long as a server thinks. */
async function composeOrSay(context: SendContext, row: Claimed): Promise<Composed | Ended> {
  try {
    const isChosen =
      row.held === null && row.choice !== null && (row.choice.personal || row.choice.unwanted !== null);
    const selection = row.choice && isChosen ? await choose(context, row, row.choice) : null;
    if (selection?.personal && row.minMatches !== null && selection.matched < row.minMatches)
      return { state: 'skipped', reason: 'too few papers match' };
    const composed = await compose(context, row, selection);
    if (composed === null) return { state: 'cancelled', reason: 'the edition was removed' };
    if (row.kind === 'digest' && composed.papers.length === 0)
      return { state: 'skipped', reason: 'nothing to read' };
    return composed;
  } catch (error) {
    const { message } = error as Error;
    if (isPassing(error)) {
      const dueAtMs = context.clock.now().getTime() + NO_SERVER_WAIT_MS;
      return { state: 'planned', dueAtMs, reason: `not composed: ${message}` };
    }
    // Nothing has been sent: a fault of ours that a new version may mend.
    context.log.error({ delivery: row.id, err: message }, 'a mail could not be composed');
    return { state: 'failed', reason: `could not be composed: ${message}` };
  }
}

async function handOver(context: SendContext, row: Claimed, mail: Composed): Promise<Ended> {
  const { clock, log } = context;
  const { bytes, done, papers, reasons, fullAbstracts } = mail;
  const sentAtMs = clock.now().getTime();
  const from = context.links.bounceAddress(row.id, context.mailDomain);
  const outcome = await context.transport.send({ from, to: row.email, bytes, dotFree: true });
  // After any other end something of it may still be on its way, or be sent again.
  if (outcome.kind === 'accepted' && outcome.written) done();
  context.throttle.observe(domainOf(row.email), outcome, sentAtMs);
  const { ours, ...ending } = settlementOf(outcome, {
    attempts: row.attempts,
    nowMs: clock.now().getTime(),
    random: context.random(),
    uncertain: context.uncertain,
  });
  if (ours) {
    context.metrics.ours.inc();
    log.error(
      { delivery: row.id, server: outcome.server, code: ending.smtpCode },
      'a server refuses mail because of us',
    );
  }
  // What may have come is had, and comes again as it was.
  const came = outcome.kind === 'accepted' || outcome.kind === 'unknown';
  return {
    ...ending,
    ...(came && { papers, reasons: reasons?.map(joinReasons) ?? null, fullAbstracts }),
  };
}

/** The reader's own digest; null: the edition is gone. */
function choose({ db, chooser }: SendContext, row: Claimed, choice: NonNullable<Claimed['choice']>) {
  const { editionId, subscriberId, maxPapers, had } = row;
  return chooser.choose(db, editionId ?? 0, { ...choice, subscriberId, maxPapers }, had);
}

async function compose(
  context: SendContext,
  row: Claimed,
  selection: Selection | null,
): Promise<Composed | null> {
  const { db, clock, mailroom } = context;
  const order = {
    deliveryId: row.id,
    messageId: row.messageId,
    subscriberId: row.subscriberId,
    email: row.email,
    maxPapers: row.maxPapers,
    abstracts: row.abstracts,
    had: row.had,
    ...(selection && { selection }),
    ...(row.held && { contents: readContents(row.held) }),
  };
  const notice = { ...order, requestId: row.requestId ?? 0 };
  const composed =
    row.kind === 'digest'
      ? await mailroom.composeDigest(db, row.editionId ?? 0, order, clock.now())
      : row.kind === 'proof'
        ? await mailroom.composeProof(notice, clock.now())
        : await mailroom.composeConfirmation(notice, clock.now());
  return composed && context.sign ? { ...composed, bytes: await context.sign(composed.bytes) } : composed;
}
