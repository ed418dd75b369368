-- What readers follow and what was learnt of them, and what both find in an edition.
-- Up Migration

alter table interests drop constraint interests_kind_check;
alter table interests add constraint interests_kind_check
  check (kind in ('topic', 'search', 'author', 'organisation', 'category'));

-- What two readers follow alike is matched once: names and topics whatever their case, accents and signs; a search and a
-- category as they are written.
create function interest_key(kind text, value text) returns text language sql immutable parallel safe as $$
  select case when kind in ('search', 'category') then btrim(value) else btrim(fold_text(value)) end
$$;
alter table interests add column key text generated always as (interest_key(kind, value)) stored;

-- Each thing that somebody follows, once. Matching costs by its rows, not by readers.
create table followed (
  id    integer generated always as identity primary key,
  kind  text not null,
  key   text not null,
  value text not null,                        -- as the first of its readers wrote it
  unique (kind, key)
);

-- "Not this author": never in this reader's digests, unless followed by name.
create table unwanted_authors (
  subscriber_id bigint not null references subscribers (id) on delete cascade,
  value         text not null,
  key           text generated always as (interest_key('author', value)) stored,
  at            timestamptz not null,
  primary key (subscriber_id, value)
);

-- In order of keys, so that two sign-ups at once cannot wait for each other.
create function keep_followed() returns trigger language plpgsql as $$
begin
  insert into followed (kind, key, value)
  select distinct on (a.kind, a.key) a.kind, a.key, a.value from added a
  where not exists (select from followed f where f.kind = a.kind and f.key = a.key)
  order by a.kind, a.key, a.value
  on conflict (kind, key) do nothing;
  return null;
end $$;
create trigger interests_followed after insert on interests
  referencing new table as added for each statement execute function keep_followed();
create function keep_unwanted() returns trigger language plpgsql as $$
begin
  insert into followed (kind, key, value)
  select distinct on (a.key) 'author', a.key, a.value from added a
  order by a.key, a.value
  on conflict (kind, key) do nothing;
  return null;
end $$;
create trigger unwanted_authors_followed after insert on unwanted_authors
  referencing new table as added for each statement execute function keep_unwanted();

insert into followed (kind, key, value)
select distinct on (kind, key) kind, key, value from interests order by kind, key, value;

-- A reader's word on a paper; the last counts.
create table votes (
  subscriber_id bigint not null references subscribers (id) on delete cascade,
  paper_id      text not null references papers (id) on delete cascade,
  vote          text not null check (vote in ('more', 'less')),
  at            timestamptz not null,
  primary key (subscriber_id, paper_id)
);

-- What was learnt from a reader's votes: src/interests/rules/profile.ts. About 50 kB for the keenest reader, packed by Postgres.
create table profiles (
  subscriber_id bigint primary key references subscribers (id) on delete cascade,
  model         jsonb,                        -- null: not learnt yet, or reset
  vocabulary_id bigint,                       -- what the weights were made with
  learn_from    timestamptz,                  -- votes before it are forgotten (a reset)
  stale         boolean not null default true, -- a vote came after updated_at
  updated_at    timestamptz not null
);
create index profiles_stale on profiles (updated_at) where stale;

-- How common each word is among the papers seen before made_at; the newest is kept, and one before it.
create table vocabularies (
  id      bigint generated always as identity primary key,
  made_at timestamptz not null,
  papers  integer not null,
  counts  bytea not null,                     -- little-endian uint16, a cell each
  mean    bytea not null                      -- little-endian float32
);

-- What an edition has for readers; places are ranks of edition_papers. Made once, before the edition is sent.
create table edition_matchings (
  edition_id bigint primary key references editions (id) on delete cascade,
  matched_at timestamptz not null,
  interests  integer not null,                -- distinct ones that were matched
  profiles   integer not null
);
create table edition_matches (
  edition_id  bigint not null references editions (id) on delete cascade,
  followed_id integer not null,
  ranks       smallint[] not null,
  primary key (edition_id, followed_id)
);
create table edition_near (
  edition_id    bigint not null references editions (id) on delete cascade,
  subscriber_id bigint not null references subscribers (id) on delete cascade,
  ranks         smallint[] not null,
  scores        real[] not null,
  primary key (edition_id, subscriber_id)
);
create index edition_near_by_subscriber on edition_near (subscriber_id);
