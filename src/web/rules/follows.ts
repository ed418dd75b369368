import { eachField, type Follows, NO_FOLLOWS } from '../../interests/rules/follows.ts';
import { type FormBody, textFields } from './forms.ts';

/** Lists that a form sends as repeated fields or a line each; what it lacks is taken from `stored`. */
export const followsOfForm = (body: FormBody, stored: Follows = NO_FOLLOWS): Follows =>
  eachField((field) =>
    body[field] === undefined
      ? [...stored[field]]
      : textFields(body, field)
          .flatMap((text) => text.split(/\r\n|\r|\n/))
          .filter((line) => line.trim() !== ''),
  );

/** Lists of a JSON body; what is no text is left to the schema, which refuses it, and keeps its place. */
export function followsOfJson(body: unknown): Follows {
  const record: Record<string, unknown> =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return eachField((field) => {
    const list = Object.hasOwn(record, field) ? record[field] : undefined;
    return Array.isArray(list) && list.every((one) => typeof one === 'string') ? list : [];
  });
}
