/** Why something did not arrive, and how often. */
export interface Cause {
  state: string;
  reason: string | null;
  smtpCode: number | null;
  rows: number;
}

/** Rows grouped by state, reason and the server's code; the most frequent first. */
export function groupCauses(
  rows: Iterable<{ state: string; reason: string | null; smtpCode: number | null }>,
): Cause[] {
  const causes = new Map<string, Cause>();
  for (const { state, reason, smtpCode } of rows) {
    const key = JSON.stringify([state, reason, smtpCode]);
    const cause = causes.get(key) ?? { state, reason, smtpCode, rows: 0 };
    cause.rows += 1;
    causes.set(key, cause);
  }
  return [...causes.values()].sort((a, b) => b.rows - a.rows);
}
