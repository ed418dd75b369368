import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What Paperboy counts, named by room. */
export type Metrics = ReturnType<typeof createMetrics>;

/** A registry of its own for each app, so that several can live in one process (tests). */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    /** Milliseconds by statement label. */
    statements: new Histogram({
      name: 'paperboy_database_statement_ms',
      help: 'Duration of a statement in milliseconds',
      labelNames: ['label'],
      buckets: [1, 5, 20, 100, 500, 2_000],
      registers,
    }),
    settled: new Counter({
      name: 'paperboy_deliveries_settled_total',
      help: 'Deliveries settled by this process, by kind and state',
      labelNames: ['kind', 'state'],
      registers,
    }),
    ours: new Counter({
      name: 'paperboy_outbox_sender_faults_total',
      help: 'Refusals that speak of us (policy, authentication), not of the reader: look into these',
      registers,
    }),
    ledger: new Gauge({
      name: 'paperboy_deliveries',
      help: 'Rows of the ledger that are not done: planned, queued, sending, uncertain',
      labelNames: ['state'],
      registers,
    }),
    lagSeconds: new Gauge({
      name: 'paperboy_deliveries_lag_seconds',
      help: 'How long the oldest due delivery has been waiting',
      registers,
    }),
    editionOverdue: new Gauge({
      name: 'paperboy_edition_overdue_seconds',
      help: 'How long the oldest edition that is due has been neither made nor skipped; 0: none is',
      labelNames: ['cadence'],
      registers,
    }),
    slowedDomains: new Gauge({
      name: 'paperboy_slowed_domains',
      help: 'Receiving domains that asked for less and are sent to slowly',
      registers,
    }),
    putOff: new Counter({
      name: 'paperboy_outbox_put_off_total',
      help: 'Times that a delivery was put off because a rate was used up',
      registers,
    }),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}
