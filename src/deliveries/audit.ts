import type { Db } from '../platform/index.ts';

/** Writes down what an operator did; in the transaction that does it. Ids and counts, never an address. */
export async function writeAudit(
  db: Db,
  entry: { at: Date; actor: string; action: string; detail: Record<string, unknown> },
): Promise<void> {
  await db.query('write-audit', 'insert into audit (at, actor, action, detail) values ($1, $2, $3, $4)', [
    entry.at,
    entry.actor,
    entry.action,
    JSON.stringify(entry.detail),
  ]);
}
