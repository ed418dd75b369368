import type { ItemFault, ListedPaper } from '../rules/paper.ts';

/** What a source says about a day. */
export type SourceAnswer =
  | {
      kind: 'papers';
      /** Empty on days without a list, such as weekends: that is an answer, not a failure. */
      items: ListedPaper[];
      /** Papers to be described anew where they are known, and not listed: new versions. Default: none. */
      updates?: ListedPaper[];
      faults: ItemFault[];
      /** Items that belong to another day and were left out. */
      strays: number;
      /** Ids of papers that were withdrawn and are listed no more. */
      withdrawn: string[];
      /** Stands for the whole answer: asked again with it, the source says whether anything changed. Null: it cannot. */
      etag: string | null;
      /** Until then the answer stands and the source is not asked for the day again. Default: ask each time. */
      freshUntil?: Date | null;
    }
  | { kind: 'unchanged'; freshUntil?: Date | null }
  /** The source will speak of the day later. Nothing is stored, and nobody takes the day for an empty one. */
  | { kind: 'pending' };

/**
 * Where papers come from. A source is one file that makes one of these; `rules/parse-*.ts` beside it turns what it
 * answers into papers, and `create.ts` and `SOURCES` name it. It asks and reads; it stores nothing. For example:
 *
 * ```ts
 * // src/papers/sources/club.ts: a reading club whose picks are at URL/picks/YYYY-MM-DD.json as [{"arxiv", "title", "likes"}]
 * export function createClubSource({ url, http }: { url: string; http: HttpClient }): Source {
 *   return {
 *     name: 'club',
 *     async fetchDay(day, etag) {
 *       const answer = await http.get(`${url}/picks/${day}.json`, { etag });
 *       if (!answer.ok) throw new SourceError(`The club: ${answer.message}; check CLUB_URL (${url}).`, { away: true });
 *       if (answer.status === 304) return { kind: 'unchanged' };
 *       if (answer.status === 404) return { kind: 'papers', items: [], faults: [], strays: 0, withdrawn: [], etag: null };
 *       if (answer.status !== 200) throw new SourceError(`The club answered ${answer.status}; the next run tries again.`);
 *       const { items, faults } = parsePicks(answer.text, day); // pure, in rules/parse-picks.ts: never throws
 *       return { kind: 'papers', items, faults, strays: 0, withdrawn: [], etag: answer.etag };
 *     },
 *   };
 * }
 * ```
 *
 * `parsePicks` checks each item with a zod schema, takes the id through `readArxivId` and every text through
 * `tidyText` and `tidyUrl`, and gives an ItemFault for an item that it cannot use: everything from outside is hostile.
 */
export interface Source {
  /** Stays the same for good: listings are stored under it. */
  name: string;
  /**
   * True for one that announces each paper once and counts no votes, as arXiv: a paper is listed on the first day
   * that it told, its votes are left alone, and where another source lists the paper it only fills in what is unknown.
   * Default: it ranks, and what it shows last is what is shown.
   */
  announces?: boolean;
  /**
   * The papers listed on a day.
   *
   * @param day - a day of the calendar, 'YYYY-MM-DD', not after today (UTC)
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
