import type { Follows } from '../interests/index.ts';
import type { FieldFault, Preferences } from '../subscribers/index.ts';

/** What a reader is to follow, by the one check of forms and the API: as it is to be stored, or what is wrong; with the faults of other fields. */
export async function followsChecker(): Promise<
  (given: Preferences | { follows: Follows; faults: FieldFault[] }) => Preferences | { faults: FieldFault[] }
> {
  const { checkFollows } = await import('../interests/index.ts');
  return (given) => {
    const reading =
      'faults' in given
        ? checkFollows<{ preferences: Preferences }>({ ok: false, faults: given.faults }, given.follows)
        : checkFollows({ ok: true, value: { preferences: given } }, given);
    return reading.ok ? reading.value.preferences : { faults: reading.faults };
  };
}

/** The list, or other field, that a fault is about; '' where it is about all lists. */
export const fieldOf = ({ field }: FieldFault): string => field.split('/')[0] ?? '';
