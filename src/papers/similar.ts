import type { Db } from '../platform/index.ts';
import { PAPER_COLUMNS } from './lists.ts';
import type { Paper } from './rules/paper.ts';
import { type PaperWord, tellingWords } from './rules/telling-words.ts';

const SIMILAR_DEFAULT = 6;
/** A word that more papers have than this costs time and tells little. */
const COMMON_PAPERS = 2000;

/** The stems of a paper, with their weights and what Postgres knows of how common each is. */
async function readWords(db: Db, paper: Pick<Paper, 'id' | 'sample'>): Promise<PaperWord[]> {
  return db.query<PaperWord>(
    'papers: words of a paper',
    `with common as (
       select e.word, e.share
       from pg_stats s,
         unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs[:cardinality(s.most_common_elems::text::text[])])
           as e (word, share)
       where s.schemaname = current_schema() and s.tablename = 'paper_words' and s.attname = 'words'
     )
     select t.lexeme as word, t.weights, cardinality(t.positions) as times, c.share
     from paper_words w, unnest(w.words) as t left join common c on c.word = t.lexeme
     where w.paper_id = $1 and t.lexeme !~ '^0[axok]'`,
    [paper.id],
  );
}

/** How many papers there are, about: Postgres' own estimate, which costs nothing. */
async function countAbout(db: Db): Promise<number> {
  const [row] = await db.query<{ papers: number }>(
    'papers: count about',
    `select greatest(reltuples, 0)::int8 as papers from pg_class where oid = 'paper_words'::regclass`,
  );
  return row?.papers ?? 0;
}

/**
 * The papers most like one, by the words they share: each word counts by how often this paper has it, and where, and
 * by how few papers have it (TF-IDF). Of the same kind, samples or real; best first; none where nothing is shared.
 *
 * @param limit - at most (default: 6)
 */
export async function similarPapers(
  db: Db,
  paper: Pick<Paper, 'id' | 'sample'>,
  limit = SIMILAR_DEFAULT,
): Promise<Paper[]> {
  const [words, papers] = await Promise.all([readWords(db, paper), countAbout(db)]);
  const telling = tellingWords(words, { papers, common: COMMON_PAPERS });
  if (telling.length === 0) return [];
  return db.query<Paper>(
    'papers: similar',
    `with hits as (
       select w.paper_id, sum(t.weight) as score
       from unnest($1::text[], $2::double precision[]) as t (word, weight),
         lateral (
           select w.paper_id from paper_words w
           where w.words @@ quote_literal(t.word)::tsquery and w.sample = $4 and w.paper_id <> $3
         ) w
       group by w.paper_id
       order by score desc, w.paper_id collate "C" desc
       limit $5
     )
     select ${PAPER_COLUMNS} from hits join papers p on p.id = hits.paper_id
     order by hits.score desc, p.id collate "C" desc`,
    [telling.map(({ word }) => word), telling.map(({ weight }) => weight), paper.id, paper.sample, limit],
  );
}
