-- Digests of one's own: what a reader asks of them, what of an edition may be in them, and what was said in each.
-- Up Migration

-- No digest of which fewer papers were found by what the reader follows; null: always.
alter table subscribers add column min_matches smallint check (min_matches between 1 and 20);
alter table subscribers add column abstracts text not null default 'short' check (abstracts in ('short', 'full'));

-- Each paper of an edition may be a card in some reader's digest. As printed; null in editions from before.
alter table edition_papers add column title text;
alter table edition_papers add column why text;

-- Why each paper was in this reader's digest, beside the edition's own words; null: nothing was said.
alter table deliveries add column reasons text[];

-- What came after an edition was matched is matched too, a minute later.
alter table followed add column since timestamptz not null default now();
create index followed_since on followed (since);
create index profiles_updated on profiles (updated_at) where model is not null;
alter table edition_matchings add column followed_through timestamptz not null default '1970-01-01';
alter table edition_matchings add column revision integer not null default 1;

-- So many of its first papers had their abstracts in full.
alter table deliveries add column full_abstracts smallint;
