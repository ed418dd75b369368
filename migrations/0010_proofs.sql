-- What a mail alone, which can be forwarded, must not open: proofs of the mailbox, and feeds that only their reader knows.
-- Up Migration

-- A reader asked to prove the mailbox: a mail is owed whose link works for a quarter of an hour. Numbered with the
-- requests of `consents`, whose place such a mail takes in the ledger.
create table proofs (
  id            bigint primary key default nextval('consents_id_seq'),
  subscriber_id bigint not null references subscribers (id) on delete cascade,
  asked_at      timestamptz not null
);
create index proofs_by_subscriber on proofs (subscriber_id, asked_at);
create index proofs_by_time on proofs (asked_at);

alter table deliveries drop constraint deliveries_kind_check;
alter table deliveries add constraint deliveries_kind_check check (kind in ('digest', 'confirmation', 'proof'));

-- All that somebody waits for at the screen goes before digests.
drop index deliveries_confirmations_due;
create index deliveries_notices_due on deliveries (due_at) where state = 'planned' and kind <> 'digest';

-- A private feed; the row gone, its address leads nowhere.
create table feeds (
  id            bigint generated always as identity primary key,
  subscriber_id bigint not null unique references subscribers (id) on delete cascade,
  made_at       timestamptz not null
);
