-- arXiv as a source: how a source wants to be asked, and what a paper's history lacked.
-- Up Migration

-- Until then the source's last answer for that date stands: it is not asked again.
alter table source_cursors add column fresh_until timestamptz;

-- Stars of the paper's code, where the source tells them; a row is also written where only they changed.
alter table sightings add column code_stars integer;

-- The source through which the paper was first seen, at first_seen_at.
alter table papers add column first_source text;
update papers p set first_source = (
  select l.source from listings l where l.paper_id = p.id order by l.first_seen_at, l.source limit 1
);

-- One door for all processes to a source that allows one request at a time, so many seconds apart. Times are the
-- database's, so that machines whose clocks differ agree.
create table source_gates (
  source     text primary key,
  open_at    timestamptz not null default '-infinity', -- nobody asks before
  busy_until timestamptz,                              -- somebody asks now; whoever died while asking is waited for until then
  refusals   integer not null default 0                -- in a row: each doubles the time that the source is left alone
);
