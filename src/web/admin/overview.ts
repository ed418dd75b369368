import { measureLedger, verify } from '../../deliveries/index.ts';
import { readPaces, type SlowedDomain } from '../../outbox/index.ts';
import { type SourceHealth, sourceHealth } from '../../papers/index.ts';
import { countSubscribers } from '../../subscribers/index.ts';
import type { Answer } from '../answers.ts';
import type { HealthReport, WebContext } from '../context.ts';
import { page } from '../page.ts';
import { isDatabaseAway } from '../rules/faults.ts';
import { needsALook, verdictOf } from './rules/attention.ts';
import { COUNT_NAMES, viewProof } from './rules/proof-view.ts';
import { nameEdition, spanOf, thousands, toMoment } from './rules/words.ts';

/** Two weeks of dailies. */
const EDITIONS_SHOWN = 14;

async function readFigures({ db }: WebContext, now: Date) {
  const [sources, readers, proofs, ledger, slowed] = await Promise.all([
    sourceHealth(db),
    countSubscribers(db),
    verify(db, { latest: EDITIONS_SHOWN }),
    measureLedger(db, now),
    readPaces(db),
  ]);
  return { sources, readers, proofs, ledger, slowed };
}

type Figures = Awaited<ReturnType<typeof readFigures>>;

const factsOf = ({ readers, ledger }: Figures) => [
  { name: 'Active readers', words: thousands(readers.active) },
  { name: 'Not confirmed', words: thousands(readers.pending) },
  { name: 'Unsubscribed', words: thousands(readers.unsubscribed) },
  ...(readers.samples > 0 ? [{ name: 'Sample readers', words: thousands(readers.samples) }] : []),
  { name: 'Mails in the queue', words: thousands(ledger.states.queued ?? 0) },
  { name: 'Being sent', words: thousands(ledger.states.sending ?? 0) },
  {
    name: 'Overdue mail',
    words: ledger.lagSeconds < 60 ? 'none' : `for ${spanOf(ledger.lagSeconds * 1000)}`,
  },
];

/** Receiving domains that asked for less, and what they said. */
const viewSlowed = ({ domain, pauseMs, reply }: SlowedDomain) =>
  `${domain}: one mail each ${Math.ceil(pauseMs / 1000)} seconds${reply ? `, since it said “${reply}”` : ''}`;

/** A check with what is known of the source behind it. */
function viewCheck(
  { name, ok, detail }: HealthReport['checks'][number],
  sources: readonly SourceHealth[],
  now: Date,
) {
  const source = sources.find((one) => name === `source ${one.source}`);
  const happened = (at: Date | null) => at && { ...toMoment(at), age: spanOf(now.getTime() - at.getTime()) };
  return {
    name,
    ok,
    detail,
    succeeded: source ? happened(source.lastSucceededAt) : null,
    failed: source ? happened(source.lastFailedAt) : null,
    // Where the check failed, its detail is this already.
    failure: ok ? (source?.failure ?? null) : null,
  };
}

/**
 * Everything on one screen: what needs a look, readers, parts, and the latest editions with the ledger's proof. With the database
 * away it shows the parts alone, as 503.
 */
export async function showOverview(context: WebContext): Promise<Answer> {
  const now = context.clock.now();
  const [health, figures] = await Promise.all([
    context.health(),
    readFigures(context, now).catch((error: unknown) => {
      if (isDatabaseAway(error)) return null;
      throw error;
    }),
  ]);
  const look = needsALook({
    checks: health.checks,
    proofs: figures?.proofs ?? [],
    lagMs: (figures?.ledger.lagSeconds ?? 0) * 1000,
  });
  return page(
    'admin',
    { title: 'Operator', path: '/admin', banner: false, status: figures ? 200 : 503 },
    {
      verdict: figures ? verdictOf(look) : 'The database is away',
      look,
      asOf: toMoment(now),
      facts: figures && factsOf(figures),
      slowed: figures?.slowed.map(viewSlowed) ?? [],
      checks: health.checks.map((check) => viewCheck(check, figures?.sources ?? [], now)),
      columns: COUNT_NAMES,
      editions:
        figures?.proofs.map((proof) => ({
          href: `/admin/editions/${proof.editionId}`,
          ledgerState: proof.state === 'ready' ? null : proof.state,
          ...nameEdition(proof.cadence, proof.issueDate),
          ...viewProof(proof),
        })) ?? null,
    },
  );
}
