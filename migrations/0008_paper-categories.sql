-- What arXiv tells of a paper beside its words: its categories and its versions.
-- Up Migration

alter table papers
  add column categories text[] not null default '{}', -- of arXiv, the primary one first; empty where only others told of it
  add column version    smallint;                     -- the newest that arXiv told of; null: it told of none

-- When each version was first seen here.
create table paper_versions (
  paper_id text not null references papers (id) on delete cascade,
  version  smallint not null,
  seen_at  timestamptz not null,
  primary key (paper_id, version)
);
