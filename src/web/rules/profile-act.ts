import { FEATURE_KINDS, type Feature } from '../../interests/rules/omissions.ts';
import type { FormBody } from './forms.ts';
import { oneField } from './one-field.ts';

/** What a press on the page of a profile does. */
export type ProfileAct =
  | { kind: 'forget' | 'remember'; feature: Feature }
  | { kind: 'allow' | 'refuse'; author: string };

const isKind = (text: string): text is Feature['kind'] => FEATURE_KINDS.some((kind) => kind === text);

/** Null where a form asks for nothing that could be done. */
export function readProfileAct(form: FormBody): ProfileAct | null {
  for (const kind of ['forget', 'remember'] as const) {
    const what = oneField(form, kind);
    if (what === '') continue;
    const key = oneField(form, 'key');
    return what !== null && isKind(what) && key ? { kind, feature: { kind: what, key } } : null;
  }
  for (const kind of ['allow', 'refuse'] as const) {
    const author = oneField(form, kind);
    if (author === '') continue;
    return author === null ? null : { kind, author };
  }
  return null;
}
