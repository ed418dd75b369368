-- How fast mail may go: in all, to a receiving domain, through a server. Shared by all senders, and kept over restarts.
-- Up Migration

create table pace (
  key        text primary key,        -- 'all', 'domain:gmail.com', 'server:smtp.example.org:587'
  next_at    timestamptz not null,    -- the first slot that nobody has taken
  line_at    timestamptz not null,    -- deliveries that were put off were promised the slots before this
  pause_ms   double precision,        -- a domain that asked for it: milliseconds between two messages; null: not slowed
  changed_at timestamptz,             -- when pause_ms last changed
  reply      text                     -- what the domain said last
);
create index pace_slowed on pace (key) where pause_ms is not null;
