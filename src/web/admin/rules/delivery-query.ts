import { ENDINGS, type State, WAITING } from '../../../deliveries/rules/states.ts';

export const STATES: readonly State[] = [...ENDINGS, ...WAITING];

/** The number of an edition as it stands in a path; undefined for anything else. */
export const readId = (text: string): number | undefined =>
  /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;

/** Which deliveries a page shows: `?state=failed&before=1204`; a sentence where that is not understood. */
export function readDeliveryQuery(
  query: Readonly<Record<string, unknown>>,
): { state?: State; before?: number } | { fault: string } {
  const state = STATES.find((name) => name === query.state);
  if (query.state !== undefined && state === undefined)
    return { fault: `A state is one of ${STATES.join(', ')}.` };
  const before = typeof query.before === 'string' ? readId(query.before) : undefined;
  if (query.before !== undefined && before === undefined)
    return { fault: 'What “before” names is the number of a delivery, a whole number from 1.' };
  return { ...(state && { state }), ...(before !== undefined && { before }) };
}

/** The query that shows these deliveries; '' for the newest of all. */
export function writeDeliveryQuery({ state, before }: { state?: State; before?: number }): string {
  const query = new URLSearchParams({ ...(state && { state }), ...(before && { before: String(before) }) });
  return query.size === 0 ? '' : `?${query}`;
}
