import type { ItemFault, ListedPaper } from '../rules/paper.ts';

/** What a source says about a day. */
export type SourceAnswer =
  | {
      kind: 'papers';
      /** Empty on days without a list, such as weekends: that is an answer, not a failure. */
      items: ListedPaper[];
      faults: ItemFault[];
      /** Items that belong to another day and were left out. */
      strays: number;
      /** Ids of papers that were withdrawn and are listed no more. */
      withdrawn: string[];
      /** Stands for the whole answer: asked again with it, the source says whether anything changed. Null: it cannot. */
      etag: string | null;
    }
  | { kind: 'unchanged' };

/** Where papers come from. */
export interface Source {
  /** Stays the same for good: listings are stored under it. */
  name: string;
  /**
   * The papers listed on a day.
   *
   * @param day - a day of the calendar, 'YYYY-MM-DD'
   * @param etag - of the last good answer for that day
   * @throws SourceError when there is no answer that could be used
   */
  fetchDay(day: string, etag: string | null): Promise<SourceAnswer>;
}

/** A source gave nothing usable. The message is a sentence that names the source and what to do. */
export class SourceError extends Error {
  /** Asking for other days now would end the same way: the source is away or asked to be left alone. */
  readonly away: boolean;

  constructor(message: string, options: { away?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SourceError';
    this.away = options.away ?? false;
  }
}
