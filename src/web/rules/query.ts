import type { z } from 'zod';

/** A parameter that cannot be used, and why. */
export interface ParameterFault {
  field: string;
  detail: string;
  in: 'query';
}

/** A query that was understood, or what is wrong with it, parameter by parameter. */
export type QueryReading<Value> = { ok: true; value: Value } | { ok: false; errors: ParameterFault[] };

const SHOWN_MAX = 60;
// A hostile query has thousands of names; twenty tell enough.
const ERRORS_MAX = 20;

/**
 * Reads a query by its schema; refuses what the schema does not know, so that a misspelt name is not passed over in
 * silence. Never throws.
 *
 * @param query - as Express gives it: texts, and lists where a name came twice
 */
export function readQuery<Schema extends z.ZodObject>(
  schema: Schema,
  query: Readonly<Record<string, unknown>>,
): QueryReading<z.output<Schema>> {
  const result = schema.safeParse({ ...query });
  if (result.success) return { ok: true, value: result.data };
  const known = Object.keys(schema.shape);
  const errors = result.error.issues.flatMap((issue): ParameterFault[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        field: key.slice(0, SHOWN_MAX),
        detail: `This parameter is not known here. ${known.length > 0 ? `Known are: ${known.join(', ')}.` : 'There is none.'}`,
        in: 'query',
      }));
    const field = String(issue.path[0] ?? '');
    const detail = Array.isArray(query[field]) ? 'Give this parameter once.' : issue.message;
    return [{ field: field.slice(0, SHOWN_MAX), detail, in: 'query' }];
  });
  return { ok: false, errors: errors.slice(0, ERRORS_MAX) };
}
