/** What a profile learns of papers, and readers may have it forget. */
export const FEATURE_KINDS = ['term', 'author', 'organisation'] as const;

/** A word (stems), author or organisation (folded) as a profile names it. */
export interface Feature {
  kind: (typeof FEATURE_KINDS)[number];
  key: string;
}

/** Features that a reader may have forgotten; far more than the pages say of any profile. */
export const OMISSIONS_MAX = 500;

/** Tells whether a feature is to be left out: it is one of these, or a pair of words with a word of these in it. */
export function omitter(omissions: readonly Feature[]): (kind: Feature['kind'], key: string) => boolean {
  if (omissions.length === 0) return () => false;
  const keys = new Set(omissions.map(({ kind, key }) => `${kind} ${key}`));
  return (kind, key) =>
    keys.has(`${kind} ${key}`) ||
    (kind === 'term' && key.includes(' ') && key.split(' ').some((stem) => keys.has(`term ${stem}`)));
}
