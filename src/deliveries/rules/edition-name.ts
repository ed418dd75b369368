/** What a person types for an edition: its number, or its cadence and date. */
export type EditionName = { editionId: number } | { cadence: string; issueDate: string };

/**
 * Reads `17`, `daily/2026-06-10` or `weekly/2026-06-08` (a weekly edition is named by its Monday).
 *
 * @returns undefined where it is none of these, or a date that the calendar does not have
 */
export function readEditionName(text: string): EditionName | undefined {
  if (/^[1-9]\d{0,14}$/.test(text)) return { editionId: Number(text) };
  const [, cadence, issueDate] = /^(daily|weekly|sample)\/(\d{4}-\d{2}-\d{2})$/.exec(text) ?? [];
  if (cadence === undefined || issueDate === undefined) return undefined;
  const at = new Date(`${issueDate}T00:00:00Z`);
  const exists = !Number.isNaN(at.getTime()) && at.toISOString().startsWith(issueDate);
  return exists ? { cadence, issueDate } : undefined;
}
