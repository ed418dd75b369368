-- What each edition was made from, so that it can be made again to the byte; see docs/editions.md.
-- Up Migration

-- What was missing when it was closed, as its readers are told; null: nothing.
alter table editions add column note text;

create table edition_records (
  edition_id       bigint primary key references editions (id) on delete cascade,
  closed           text not null check (closed in ('ready', 'deadline', 'asked')), -- asked: an operator did not wait
  sources          jsonb not null,  -- each configured source: ready, or what it lacked
  cursors          jsonb not null,  -- a row for each source and day: etag, answered, failed, papers, first and last new one
  listed           integer not null, -- papers listed on its days, those that an earlier edition carried included
  candidates       jsonb not null,  -- these and the late ones: id, votes, comments, listed on, sources, carried
  closed_days      jsonb not null,  -- days decided before it: what makes a paper late
  edition_size     integer not null,
  site             jsonb not null,  -- what its links and foot were made with
  papers           jsonb not null,  -- the papers of the cards as they were: sources change titles and abstracts later
  templates_sha256 text not null,
  papers_sha256    text not null,   -- ids, votes and comments in order
  pieces_sha256    text not null    -- head, cards, more and foot in both formats
);
