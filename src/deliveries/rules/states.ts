/**
 * The states of a delivery.
 *
 * `planned` → `queued` → `sending` → one of the endings. `queued` and `sending` go back to `planned` only while it is
 * known that no server took the mail. `uncertain` is an ending until evidence or a person says more.
 *
 * | from | to | by |
 * |---|---|---|
 * | planned | queued | dispatch, when due and the edition is not paused |
 * | queued | sending | a sender's claim |
 * | sending | any ending, planned | its settlement |
 * | sending | uncertain, planned | the sweep, after the claim's end (`UNCERTAIN=hold`, `resend`) |
 * | queued | planned | the sweep, a queue that is away, a sender that stops, `editions pause` |
 * | planned | expired | the sweep |
 * | planned, queued | cancelled | `editions cancel` |
 * | failed | planned | `deliveries retry` |
 * | uncertain | planned | `deliveries resend` |
 * | uncertain | sent, failed | a later bounce or provider's notice; the claim's owner, who was only cut off |
 */
export const WAITING = ['planned', 'queued', 'sending'] as const;
export const ENDINGS = ['sent', 'skipped', 'failed', 'uncertain', 'expired', 'cancelled'] as const;

export type Waiting = (typeof WAITING)[number];
export type Ending = (typeof ENDINGS)[number];
export type State = Waiting | Ending;

/** How many rows of an edition are in each state. */
export type Tally = Partial<Record<State, number>>;

/** What `paperboy verify` prints for an edition. */
export interface Proof {
  planned: number;
  sent: number;
  skipped: number;
  failed: number;
  uncertain: number;
  waiting: number;
  expired: number;
  cancelled: number;
  /** True when planned = the sum of all others. */
  holds: boolean;
}

/**
 * Holds the ledger's rows against the count that `plan` wrote in the transactions that inserted them.
 *
 * @param planned - the edition's `planned_total`
 */
export function prove(planned: number, tally: Tally): Proof {
  const of = (state: State) => tally[state] ?? 0;
  const waiting = WAITING.reduce((sum, state) => sum + of(state), 0);
  const ended = ENDINGS.reduce((sum, state) => sum + of(state), 0);
  return {
    planned,
    sent: of('sent'),
    skipped: of('skipped'),
    failed: of('failed'),
    uncertain: of('uncertain'),
    waiting,
    expired: of('expired'),
    cancelled: of('cancelled'),
    holds: planned === waiting + ended,
  };
}

/** What came of a claimed row. */
export interface Settlement {
  id: number;
  month: string;
  /** `planned`: known not to have been taken, to be tried again at `dueAt`. */
  state: Ending | 'planned';
  reason?: string;
  /** Milliseconds since 1970; only with `planned`. */
  dueAtMs?: number;
  /** True when a server was spoken to about this mail. */
  attempted?: boolean;
  smtpCode?: number;
  smtpReply?: string;
  server?: string;
  /** What the mail held; see `Contents` of the editions room. */
  papers?: readonly string[];
  reasons?: readonly string[] | null;
  fullAbstracts?: number;
}
