import type { HttpAnswer, HttpClient } from '../../platform/index.ts';
import { mergeSightings } from '../rules/merge.ts';
import type { ItemFault, ListedPaper } from '../rules/paper.ts';
import { parseDailyPapers, readJsonList } from '../rules/parse-hugging-face.ts';
import { type Source, SourceError } from './source.ts';

// The most that the API gives at once; its default of 50 has truncated a day of 82.
const PAGE_SIZE = 100;
// A server that does not know `limit` answers with this many: a first page of just this length may not be the last.
const DEFAULT_PAGE_SIZE = 50;
// 2,000 papers a day; the fullest of 580 days had 82. Guards against a server that always has one more page.
const PAGES_MAX = 20;

const AGAIN = 'the papers known so far stay, and the next run tries again';

/**
 * Hugging Face's daily papers: `GET /api/daily_papers?date=D&limit=100&p=0`, further pages by `p` until one is short.
 * Only the list of an asked date is used, never the default list or the page, which snap back to the last listed day.
 *
 * @param options.url - its origin, without a slash at the end
 */
export function createHuggingFaceSource(options: { url: string; http: HttpClient }): Source {
  const { url, http } = options;

  function refuse(answer: HttpAnswer, day: string): SourceError {
    const tries = answer.attempts > 1 ? ` after ${answer.attempts} tries` : '';
    if (answer.status === 429) {
      const wait = answer.waitMs === null ? '' : ` for ${Math.ceil(answer.waitMs / 1000)} s`;
      return new SourceError(`Hugging Face asks to be left alone${wait} (429${tries}); ${AGAIN}.`, {
        away: true,
      });
    }
    if (answer.status === 400)
      return new SourceError(
        `Hugging Face answered 400 for ${day}: it takes the date for a bad one; ask for a day as YYYY-MM-DD.`,
      );
    if (answer.status >= 500)
      return new SourceError(`Hugging Face answered ${answer.status} for ${day}${tries}; ${AGAIN}.`);
    return new SourceError(
      `Hugging Face answered ${answer.status} for ${day}; check HUGGINGFACE_URL (${url}), ${AGAIN}.`,
    );
  }

  async function getPage(day: string, page: number, etag: string | null): Promise<HttpAnswer> {
    const address = `${url}/api/daily_papers?date=${encodeURIComponent(day)}&limit=${PAGE_SIZE}&p=${page}`;
    const answer = await http.get(address, { accept: 'application/json', etag });
    if (answer.ok) return answer;
    throw new SourceError(
      `Hugging Face: ${answer.message}; check the network and HUGGINGFACE_URL (${url}); ${AGAIN}.`,
      { away: answer.kind !== 'too-large' },
    );
  }

  return {
    name: 'huggingface',
    async fetchDay(day, etag) {
      const papers: ListedPaper[] = [];
      const faults: ItemFault[] = [];
      const withdrawn: string[] = [];
      const seenIds = new Set<string>();
      let [strays, count] = [0, 0];
      let wholeEtag: string | null = null;
      let pageSize = PAGE_SIZE;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const answer = await getPage(day, page, page === 0 ? etag : null);
        if (answer.status === 304 && page === 0 && etag !== null) return { kind: 'unchanged' };
        if (answer.status !== 200) throw refuse(answer, day);
        const list = readJsonList(answer.text);
        if (!list.ok)
          throw new SourceError(
            `Hugging Face answered with ${list.fault} for ${day}; check HUGGINGFACE_URL (${url}) and what stands between; ${AGAIN}.`,
          );
        const parsed = parseDailyPapers(list.items, day, count + 1);
        // A server that ignores `p` gives the first page for ever.
        const broughtNew = parsed.rawIds.some((id) => !seenIds.has(id));
        if (page > 0 && !broughtNew) break;
        for (const id of parsed.rawIds) seenIds.add(id);
        papers.push(...parsed.papers);
        faults.push(...parsed.faults);
        withdrawn.push(...parsed.withdrawn);
        strays += parsed.strays;
        count += list.items.length;
        if (page === 0 && list.items.length === DEFAULT_PAGE_SIZE) pageSize = DEFAULT_PAGE_SIZE;
        if (list.items.length < pageSize) {
          // The tag stands for the whole list only where the list is one page: an unchanged first page says nothing
          // of the second. Nor is it kept where something was left out, so that it is looked at (and told) again.
          if (page === 0 && faults.length === 0 && strays === 0) wholeEtag = answer.etag;
          break;
        }
      }
      return { kind: 'papers', items: mergeSightings(papers), faults, strays, withdrawn, etag: wholeEtag };
    },
  };
}
