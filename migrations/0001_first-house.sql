-- Paperboy's tables. Each stage pulls from the table of the stage before; see README, "The nouns".
-- Up Migration

-- papers -----------------------------------------------------------------------------------------

create table papers (
  id            text primary key,             -- arXiv id without version: 2606.10651, or cs/0112017
  title         text not null,
  abstract      text not null default '',
  summary       text,                         -- a source's own one-sentence summary, where it has one
  authors       text[] not null default '{}',
  organisation  text,
  keywords      text[] not null default '{}',
  published_on  date,                         -- first version on arXiv
  code_url      text,
  code_stars    integer,
  project_url   text,
  upvotes       integer not null default 0,   -- as last seen
  comments      integer not null default 0,
  sample        boolean not null default false,
  first_seen_at timestamptz not null,         -- by us: sources rewrite their own times
  updated_at    timestamptz not null
);

-- A source listed a paper on a date. A paper may be listed twice, days apart.
create table listings (
  source        text not null,
  paper_id      text not null references papers (id) on delete cascade,
  listed_on     date not null,
  first_seen_at timestamptz not null,
  primary key (source, paper_id, listed_on)
);
create index listings_by_day on listings (listed_on, paper_id);
create index listings_by_paper on listings (paper_id, listed_on);

-- What a source showed of a paper at a moment; a row only where votes or comments changed.
create table sightings (
  source   text not null,
  paper_id text not null references papers (id) on delete cascade,
  seen_at  timestamptz not null,
  upvotes  integer not null,
  comments integer not null,
  primary key (paper_id, source, seen_at)
);

-- Where each source stands, one row a date asked for: for conditional requests and for the question
-- "has this source answered for that date?".
create table source_cursors (
  source       text not null,
  listed_on    date not null,
  etag         text,
  papers       integer not null default 0,
  succeeded_at timestamptz,
  failed_at    timestamptz,
  failure      text,
  primary key (source, listed_on)
);

-- subscribers ------------------------------------------------------------------------------------

create table subscribers (
  id              bigint generated always as identity primary key,
  email           text not null,              -- what mail is sent to: domain as A-labels, local part as typed
  email_key       text not null unique,       -- one person: lower-cased email
  state           text not null check (state in ('pending', 'active', 'unsubscribed')),
  sample          boolean not null default false, -- a demo reader: gets sample editions only
  cadence         text not null default 'daily' check (cadence in ('daily', 'weekly')),
  days            smallint[] not null default '{1,2,3,4,5,6,7}' check (cardinality(days) > 0), -- ISO weekdays on which mail may come
  hour            smallint not null default 7 check (hour between 0 and 23), -- local
  timezone        text not null default 'UTC',  -- IANA name
  max_papers      smallint check (max_papers between 1 and 100), -- null: all cards of the edition
  paused_until    date,
  created_at      timestamptz not null,
  confirmed_at    timestamptz,
  unsubscribed_at timestamptz,
  changed_at      timestamptz not null        -- state or preferences; the planner looks again at who changed
);
create index subscribers_changed on subscribers (changed_at);

-- The consent record, append-only: what was shown, what was typed, when, from where. The row of step
-- 'requested' is also what a confirmation link names, and carries the preferences that it confirms.
create table consents (
  id            bigint generated always as identity primary key,
  subscriber_id bigint not null references subscribers (id),
  step          text not null check (step in ('requested', 'confirmed', 'imported', 'unsubscribed')),
  at            timestamptz not null,
  wording       text not null,                -- the full text that the person saw or the operator stated
  page          text not null,                -- where: '/', 'api', 'import', 'one-click', …
  email_typed   text,
  email         text not null,
  ip            inet,
  user_agent    text,
  preferences   jsonb,                        -- on 'requested': applied when confirmed
  mail_wanted   boolean not null default false, -- on 'requested': a confirmation mail is owed
  request_id    bigint references consents (id) -- on 'confirmed': the request
);
create index consents_by_subscriber on consents (subscriber_id, at);
create index consents_owing_mail on consents (at) where mail_wanted;

create function refuse_change() returns trigger language plpgsql as $$
begin
  if current_setting('paperboy.erasing', true) = 'on' then
    return case tg_op when 'DELETE' then old else new end;
  end if;
  raise exception 'the table % is an append-only record', tg_table_name;
end $$;
create trigger consents_append_only before update or delete on consents
  for each row execute function refuse_change();

-- What a reader asked to follow; matching comes with the room `interests`.
create table interests (
  subscriber_id bigint not null references subscribers (id) on delete cascade,
  kind          text not null check (kind in ('topic', 'search', 'author', 'organisation')),
  value         text not null,
  primary key (subscriber_id, kind, value)
);

-- Outlives an erased subscriber: a keyed hash, never the address.
create table suppressions (
  email_hash bytea primary key,
  reason     text not null,
  at         timestamptz not null
);

-- editions ---------------------------------------------------------------------------------------

create table editions (
  id              bigint generated always as identity primary key,
  cadence         text not null check (cadence in ('daily', 'weekly', 'sample')),
  issue_date      date not null,              -- weekly: the Monday of its ISO week
  state           text not null default 'ready' check (state in ('ready', 'withdrawn')),
  opened_at       timestamptz not null,       -- readers' hours count from here
  assembled_at    timestamptz not null,
  subject         text not null,
  skeleton        jsonb not null,             -- head, foot and more-line in html and text, cut at their slots
  planned_total   bigint not null default 0,  -- rows that `plan` wrote, counted in the same transaction: what `verify` holds the ledger against
  planned_through timestamptz,                -- subscribers changed before this have been planned
  unique (cadence, issue_date)
);
create index editions_latest on editions (cadence, opened_at desc);

create table edition_papers (
  edition_id bigint not null references editions (id) on delete cascade,
  paper_id   text not null references papers (id),
  rank       integer not null,                -- 1 is the first
  card       boolean not null,                -- false: counted in "N more"
  upvotes    integer not null,                -- as printed
  comments   integer not null,
  html       jsonb,                           -- the card's pieces; null where card is false
  text       jsonb,
  primary key (edition_id, paper_id),
  unique (edition_id, rank)
);
create index edition_papers_by_paper on edition_papers (paper_id);

-- A date that was due and got no edition, and why.
create table edition_skips (
  cadence    text not null,
  issue_date date not null,
  reason     text not null,
  decided_at timestamptz not null,
  primary key (cadence, issue_date)
);

-- deliveries: the ledger -------------------------------------------------------------------------

-- One row: this reader, this thing, once. Partitioned by month so that old months can be dropped; the month
-- is a function of the edition or request, so that the unique key below holds across partitions.
-- No foreign keys: a subscriber may be erased and an edition dropped, but the counts remain.
create table deliveries (
  id            bigint generated by default as identity,
  month         date not null,
  kind          text not null check (kind in ('digest', 'confirmation')),
  subscriber_id bigint not null,
  edition_id    bigint,
  request_id    bigint,
  state         text not null default 'planned' check (state in
    ('planned', 'queued', 'sending', 'sent', 'skipped', 'failed', 'uncertain', 'expired', 'cancelled')),
  due_at        timestamptz not null,
  expires_at    timestamptz not null,
  message_id    text not null,                -- without angle brackets; the same in every attempt
  attempts      smallint not null default 0,  -- conversations with a server that ended before acceptance
  queued_at     timestamptz,
  claim         uuid,
  claim_until   timestamptz,
  settled_at    timestamptz,
  reason        text,                         -- why skipped, failed, expired …
  smtp_code     smallint,
  smtp_reply    text,
  server        text,
  papers        text[],                       -- what this reader's digest held
  primary key (month, id),
  unique nulls not distinct (subscriber_id, edition_id, request_id, month)
) partition by range (month);
create index deliveries_by_id on deliveries (id);
create index deliveries_due on deliveries (due_at) where state = 'planned';
create index deliveries_queued on deliveries (queued_at) where state = 'queued';
create index deliveries_claimed on deliveries (claim_until) where state = 'sending';
create index deliveries_by_edition on deliveries (edition_id, state);
create index deliveries_by_request on deliveries (request_id) where request_id is not null;

-- Makes the partition for a month if it is missing; safe to run twice and at once.
create function ensure_deliveries_month(month date) returns void language plpgsql as $$
declare
  first date := date_trunc('month', month);
  name  text := 'deliveries_' || to_char(first, 'YYYY_MM');
begin
  if to_regclass(name) is null then
    perform pg_advisory_xact_lock(hashtext('ensure_deliveries_month'));
    execute format('create table if not exists %I partition of deliveries for values from (%L) to (%L)',
      name, first, (first + interval '1 month')::date);
  end if;
end $$;

-- The first moment at or after `after` at which a clock in `zone` shows `hour`:00 on one of the ISO weekdays `days`.
-- An hour that a time change skips comes when the clocks jump; one that it repeats comes once a local day.
create function next_local_hour(after timestamptz, zone text, hour integer, days smallint[])
returns timestamptz language sql stable as $$
  select min(t.at)
  from generate_series(-1, 8) as n,
       lateral (select (after at time zone zone)::date + n.n as local_day) as d(local_day),
       lateral (select (d.local_day + make_interval(hours => hour)) at time zone zone as at) as t
  where t.at >= after and extract(isodow from d.local_day)::smallint = any (days)
$$;

-- audit ------------------------------------------------------------------------------------------

create table audit (
  id     bigint generated always as identity primary key,
  at     timestamptz not null,
  actor  text not null,
  action text not null,
  detail jsonb not null default '{}'
);
