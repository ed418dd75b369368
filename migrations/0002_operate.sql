-- What an operator does to an edition's deliveries, what is learnt of them after sending, and old months that go.
-- Up Migration

-- editions: a pause ------------------------------------------------------------------------------

alter table editions add column paused_at timestamptz; -- set: planned and shown as ever, but nothing of it is sent
create index editions_paused on editions (id) where paused_at is not null;

-- deliveries -------------------------------------------------------------------------------------

-- One index answers "by id" and "by id and month": the two that did are one, which saves a tenth of a row's size.
alter table deliveries drop constraint deliveries_pkey;
alter table deliveries add primary key (id, month);
drop index deliveries_by_id;

-- Confirmations go before digests, however many of those wait; there are few, so this stays small.
create index deliveries_confirmations_due on deliveries (due_at) where state = 'planned' and kind = 'confirmation';

-- Facts that come after sending: a bounce, a provider's notice. The row that was sent stays sent.
create table delivery_events (
  id                bigint generated always as identity primary key,
  provider_event_id text not null unique,     -- the same notice twice is one fact
  delivery_id       bigint not null,
  month             date not null,            -- of the delivery; goes with it
  kind              text not null check (kind in ('delivered', 'bounced', 'deferred', 'complained')),
  at                timestamptz not null,
  smtp_code         smallint,
  detail            text
);
create index delivery_events_by_delivery on delivery_events (delivery_id);

-- What remains of a month whose deliveries were dropped. No row of `month` is written again.
create table closed_months (
  month     date primary key,
  closed_at timestamptz not null
);
create table delivery_totals (
  month      date not null references closed_months (month),
  edition_id bigint,                          -- null: confirmations
  state      text not null,
  rows       bigint not null,
  unique nulls not distinct (month, edition_id, state)
);
create index delivery_totals_by_edition on delivery_totals (edition_id);
