import type { FieldFault, Preferences } from '../subscribers/index.ts';

/** Faults of one reader that are said. */
const FAULTS_MAX = 3;

/** What a reader is to follow, by the one check of forms and the API: as it is to be stored, or what is wrong. */
export async function followsChecker(): Promise<
  (preferences: Preferences) => Preferences | { faults: FieldFault[] }
> {
  const { checkFollows } = await import('../interests/index.ts');
  return (preferences) => {
    const reading = checkFollows({ ok: true, value: { preferences } }, preferences);
    return reading.ok ? reading.value.preferences : { faults: reading.faults.slice(0, FAULTS_MAX) };
  };
}

/** The list that a fault is about; '' where it is about all. */
export const listOf = ({ field }: FieldFault): string => field.split('/')[0] ?? '';
