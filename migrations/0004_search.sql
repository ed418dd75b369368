-- What the search reads: the words of each paper, and the words of names. Plain Postgres, no extension: an external
-- database need not give us a superuser.
-- Up Migration

-- Words are cut and stemmed as Postgres does for English, but no word is left out: "attention is all you need" is a
-- phrase, and the rules of src/papers/rules/words.ts can say exactly the same without the database.
create text search dictionary paperboy_stem (template = snowball, language = english);
create text search configuration paperboy (copy = simple);
alter text search configuration paperboy
  alter mapping for asciiword, word with paperboy_stem;

-- Lower case, without accents, each run of signs one space; the twin of foldText in src/papers/rules/words.ts. By code
-- point, so that it does not depend on the locale of the database (in Turkish, lower('I') is no i).
create function fold_text(text text) returns text language sql immutable parallel safe as $$
  select case
    -- Most texts are plain ASCII, and this takes a quarter of the time.
    when octet_length(text) = char_length(text)
      then regexp_replace(lower(text collate "C"), '[^a-z0-9]+', ' ', 'g')
    else regexp_replace(
        translate(
          replace(replace(replace(replace(replace(replace(replace(
            lower(regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]+', '', 'g') collate "C"),
            'ß', 'ss'), 'æ', 'ae'), 'Æ', 'ae'), 'œ', 'oe'), 'Œ', 'oe'), 'þ', 'th'), 'Þ', 'th'),
          'øØłŁđĐðÐıςΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ',
          'oollddddiσαβγδεζηθικλμνξοπρστυφχψωабвгдежзийклмнопрстуфхцчшщъыьэюя'),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u2bff\u3000-\u303f\ue000-\uf8ff\ufe00-\ufe6f\U0001f000-\U0001faff\U000e0000-\U000e0fff]+',
        ' ', 'g')
  end
$$;

-- The words of a name, each marked as that of an author (0a) or organisation (0o), so that author:li does not find a
-- paper about Li batteries: plain text never has such words.
create function marked_words(mark text, folded text) returns text language sql immutable parallel safe as $$
  select regexp_replace(btrim(folded), '(^| +)(?=[^ ])', ' ' || mark, 'g')
$$;

-- All words of a paper, weighted: title A, keywords B, names C, abstract D. 0x keeps fields and names apart, so that no
-- phrase reaches from one into the next; 0k marks a whole keyword, as one word.
create function words_of_paper(title text, abstract text, authors text[], organisation text, keywords text[])
returns tsvector language sql stable parallel safe as $$
  select setweight(to_tsvector('paperboy', fold_text(title) || ' 0x'), 'A')
    || setweight(to_tsvector('paperboy', fold_text(array_to_string(keywords, ' 0x ')) || ' 0x'), 'B')
    || setweight(to_tsvector('paperboy', fold_text(array_to_string(authors, ' 0x ')) || ' 0x '
         || fold_text(coalesce(organisation, '')) || ' 0x'), 'C')
    || setweight(to_tsvector('paperboy', fold_text(abstract) || ' 0x'), 'D')
    || setweight(to_tsvector('simple',
         coalesce((select string_agg(marked_words('0a', fold_text(name)), ' 0x ') from unnest(authors) as name), '')
         || ' 0x ' || marked_words('0o', fold_text(coalesce(organisation, '')))), 'C')
    || coalesce((select array_to_tsvector(array_agg(distinct left('0k' || regexp_replace(btrim(fold_text(keyword)), ' +', '0', 'g'), 500)))
         from unnest(keywords) as keyword where keyword is not null), '')
$$;

-- The papers that a search can find: those that a source lists. Beside papers and not within: votes change all day,
-- words hardly ever, and a list of papers need not read them.
create table paper_words (
  paper_id     text primary key references papers (id) on delete cascade,
  sample       boolean not null,
  published_on date,
  listed_on    date not null,                 -- the first time
  trend        double precision not null,     -- as src/papers/rules/score.ts
  words        tsvector not null
);
-- Out of line: a search then passes over thousands of narrow rows (100,000 of them are 8 MB) and unpacks only what it
-- ranks.
alter table paper_words alter column words set storage external;
alter table paper_words set (toast_tuple_target = 128);
-- The only index beside the key: what changes all day (trend) is in none, so a vote rewrites one narrow row.
create index paper_words_by_word on paper_words using gin (words);

-- Every word of a name, with what is left of it when one letter is missing: two words that share one of these are a
-- slip of the finger apart (a letter missing, added, wrong, or two swapped).
create table name_words (
  word text primary key,
  near text[] not null
);
create index name_words_near on name_words using gin (near);

create function near_words(word text) returns text[] language sql immutable parallel safe as $$
  select array_agg(distinct overlay(word placing '' from place for 1)) || word
  from generate_series(1, char_length(word)) as place
$$;

-- The twin of trendingScore in src/papers/rules/score.ts.
create function trend_of_paper(upvotes integer, first_seen_at timestamptz, listed_on date)
returns double precision language sql immutable parallel safe as $$
  select ln((greatest(upvotes, 0) + 1)::double precision) / ln(2::double precision) + extract(epoch from
    least(first_seen_at at time zone 'UTC', (listed_on + 1)::timestamp))::double precision / 604800
$$;

-- Makes what the search reads of these papers as the tables are now.
create function keep_paper_words(ids text[]) returns void language plpgsql as $$
begin
  delete from paper_words w
  where w.paper_id = any (ids) and not exists (select from listings l where l.paper_id = w.paper_id);

  insert into paper_words as w (paper_id, sample, published_on, listed_on, trend, words)
  select p.id, p.sample, p.published_on, l.listed_on,
    trend_of_paper(p.upvotes, p.first_seen_at, l.listed_on),
    words_of_paper(p.title, p.abstract, p.authors, p.organisation, p.keywords)
  from papers p, lateral (select min(l.listed_on) as listed_on from listings l where l.paper_id = p.id) l
  where p.id = any (ids) and l.listed_on is not null
  on conflict (paper_id) do update set sample = excluded.sample, published_on = excluded.published_on,
    listed_on = excluded.listed_on, trend = excluded.trend, words = excluded.words
  where (w.sample, w.published_on, w.listed_on, w.trend, w.words) is distinct from
    (excluded.sample, excluded.published_on, excluded.listed_on, excluded.trend, excluded.words);

  insert into name_words (word, near)
  select n.word, near_words(n.word)
  from (
    select distinct n.word
    from papers p, unnest(p.authors || p.organisation) as name, regexp_split_to_table(fold_text(name), ' +') as n (word)
    where p.id = any (ids) and not p.sample and char_length(n.word) between 4 and 40
  ) n
  where not exists (select from name_words k where k.word = n.word)
  order by n.word
  on conflict do nothing;
end $$;

-- The same but for the words, of papers whose words are kept: votes change all day, and making words takes 50 times as long.
create function keep_paper_places(ids text[]) returns void language plpgsql as $$
begin
  delete from paper_words w
  where w.paper_id = any (ids) and not exists (select from listings l where l.paper_id = w.paper_id);

  update paper_words w set sample = n.sample, published_on = n.published_on, listed_on = n.listed_on, trend = n.trend
  from (
    select p.id, p.sample, p.published_on, l.listed_on,
      trend_of_paper(p.upvotes, p.first_seen_at, l.listed_on) as trend
    from papers p, lateral (select min(l.listed_on) as listed_on from listings l where l.paper_id = p.id) l
    where p.id = any (ids) and l.listed_on is not null
  ) n
  where w.paper_id = n.id and (w.sample, w.published_on, w.listed_on, w.trend)
    is distinct from (n.sample, n.published_on, n.listed_on, n.trend);
end $$;

-- Statements that change nothing are told of as well, and end at once.
create function keep_changed_papers() returns trigger language plpgsql as $$
declare
  ids      text[] := array(select id from changed);
  reworded text[];
begin
  if ids = '{}' then return null; end if;
  reworded := array(
    select c.id from changed c join before b on b.id = c.id
    where (b.title, b.abstract, b.authors, b.organisation, b.keywords, b.sample)
      is distinct from (c.title, c.abstract, c.authors, c.organisation, c.keywords, c.sample));
  if reworded <> '{}' then perform keep_paper_words(reworded); end if;
  perform keep_paper_places(array(select id from unnest(ids) as id where id <> all (reworded)));
  return null;
end $$;
create function keep_listed_papers() returns trigger language plpgsql as $$
declare
  ids   text[] := array(select distinct paper_id from changed);
  fresh text[];
begin
  if ids = '{}' then return null; end if;
  -- Words that are there were kept when the paper changed.
  fresh := array(select id from unnest(ids) as id where not exists (select from paper_words w where w.paper_id = id));
  if fresh <> '{}' then perform keep_paper_words(fresh); end if;
  perform keep_paper_places(array(select id from unnest(ids) as id where id <> all (fresh)));
  return null;
end $$;
-- A new paper is listed a moment later, so inserting one needs nothing.
create trigger papers_words after update on papers
  referencing old table as before new table as changed for each statement execute function keep_changed_papers();
create trigger listings_words after insert on listings
  referencing new table as changed for each statement execute function keep_listed_papers();
create trigger listings_gone after delete on listings
  referencing old table as changed for each statement execute function keep_listed_papers();

select keep_paper_words(array(select id from papers));
