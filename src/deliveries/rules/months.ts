/** The first day of the month that a day or `YYYY-MM` lies in. */
export const firstOfMonth = (text: string): string => `${text.slice(0, 7)}-01`;

/**
 * The latest month before which deliveries may be dropped: the one before the present month, so that what goes is two
 * months back or more. An edition is planned for 14 days at most, and evidence of a bounce comes within a week.
 */
export function lastDroppable(now: Date): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 10);
}

/** The first day of the month after. */
export function nextMonth(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
}
