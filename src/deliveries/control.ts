import type { Clock, Db } from '../platform/index.ts';
import { writeAudit } from './audit.ts';

export interface ControlContext {
  db: Db;
  clock: Clock;
}

/**
 * What came of it. `already`: it was so before, and nothing changed. `withdrawn`: it was cancelled, for good.
 * `rows`: deliveries that were moved.
 */
export interface Controlled {
  outcome: 'done' | 'already' | 'withdrawn' | 'unknown';
  rows: number;
}

/**
 * Stops the sending of an edition: nothing of it is dispatched, and what a sender was given and has not claimed is taken
 * back. What is on the wire arrives. Its rows go on growing old: those whose day passes in the pause expire.
 *
 * @param actor - who did it, for the audit
 */
export const pauseEdition = (context: ControlContext, editionId: number, actor: string) =>
  act(context, editionId, actor, 'pause', (edition) => edition.paused);

/** Goes on where the pause began: what was sent is sent, what waited waits for its hour or goes out now. */
export const resumeEdition = (context: ControlContext, editionId: number, actor: string) =>
  act(context, editionId, actor, 'resume', (edition) => !edition.paused);

/** Withdraws an edition: what was not sent is cancelled, what was sent stays sent. Cannot be undone. */
export const cancelEdition = (context: ControlContext, editionId: number, actor: string) =>
  act(context, editionId, actor, 'cancel', () => false);

type Act = 'pause' | 'resume' | 'cancel';

interface EditionState {
  state: string;
  paused: boolean;
}

async function act(
  { db, clock }: ControlContext,
  editionId: number,
  actor: string,
  name: Act,
  isSo: (edition: EditionState) => boolean,
): Promise<Controlled> {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const edition = await lockEdition(tx, editionId);
    if (!edition) return { outcome: 'unknown', rows: 0 };
    if (edition.state !== 'ready') return { outcome: name === 'cancel' ? 'already' : 'withdrawn', rows: 0 };
    if (isSo(edition)) return { outcome: 'already', rows: 0 };
    await markEdition(tx, editionId, name, now);
    const rows = await moveRows(tx, editionId, name, now);
    await writeAudit(tx, { at: now, actor, action: `edition.${name}`, detail: { editionId, rows } });
    return { outcome: 'done', rows };
  });
}

// Planning takes the same lock: what it was writing is there when the rows are moved.
async function lockEdition(tx: Db, editionId: number): Promise<EditionState | undefined> {
  const [edition] = await tx.query<EditionState>(
    'control-lock-edition',
    'select state, paused_at is not null as paused from editions where id = $1 for update',
    [editionId],
  );
  return edition;
}

async function markEdition(tx: Db, editionId: number, name: Act, now: Date): Promise<void> {
  await tx.query(
    `control-${name}`,
    `update editions set state = case when $2 = 'cancel' then 'withdrawn' else state end,
       paused_at = case when $2 = 'pause' then $3::timestamptz end
     where id = $1`,
    [editionId, name, now],
  );
}

async function moveRows(tx: Db, editionId: number, name: Act, now: Date): Promise<number> {
  if (name === 'resume') return 0;
  const [moved] = await tx.query<{ rows: number }>(
    `control-${name}-rows`,
    `with moved as (${MOVES[name]} returning id) select count(*) as rows from moved`,
    name === 'cancel' ? [editionId, now] : [editionId],
  );
  return moved?.rows ?? 0;
}

const MOVES = {
  pause:
    "update deliveries set state = 'planned', queued_at = null where edition_id = $1 and state = 'queued'",
  cancel: `update deliveries set state = 'cancelled', queued_at = null, settled_at = $2, reason = 'the edition was withdrawn'
    where edition_id = $1 and state in ('planned', 'queued')`,
};
