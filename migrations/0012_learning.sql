-- What a reader edits of what was learnt, and what they read before they came.
-- Up Migration

-- "Forget this": a word, author or organisation that is not learnt again, until its reader has it remembered.
create table profile_omissions (
  subscriber_id bigint not null references subscribers (id) on delete cascade,
  kind          text not null check (kind in ('term', 'author', 'organisation')),
  key           text not null,                -- as in profiles.model
  said          text not null,                -- as it was said to the reader
  at            timestamptz not null,
  primary key (subscriber_id, kind, key)
);

-- Papers of a reader's own list (BibTeX) that were not collected here; learnt from as if they were liked.
create table library (
  subscriber_id bigint not null references subscribers (id) on delete cascade,
  key           text not null,                -- the folded title: the same paper once, whatever its list calls it
  title         text not null,
  abstract      text not null,
  authors       text[] not null,
  keywords      text[] not null,
  at            timestamptz not null,         -- one moment a list, by which it is taken back
  primary key (subscriber_id, key)
);
