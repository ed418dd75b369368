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

-- What of a reader decides, beside what an edition has: `followed` and `unwanted` are ids of `followed`.
create view reader_choices as
select s.id as subscriber_id, i.followed, u.unwanted, p.learnt is not null as learnt,
  i.followed is not null or p.learnt is not null as personal
from subscribers s
left join lateral (
  select array_agg(f.id order by f.id) as followed
  from interests i join followed f on f.kind = i.kind and f.key = i.key where i.subscriber_id = s.id
) i on true
left join lateral (
  select array_agg(f.id order by f.id) as unwanted
  from unwanted_authors w join followed f on f.kind = 'author' and f.key = w.key where w.subscriber_id = s.id
) u on true
left join lateral (select true as learnt from profiles where subscriber_id = s.id and model is not null) p on true;

-- Profiles are scored one by one: `profile_at` is the profile's updated_at then. All that were learnt before `profiles_through`
-- are; null: not all yet.
alter table edition_near add column profile_at timestamptz;
alter table edition_matchings add column profiles_through timestamptz;

-- As keep_followed: what is there is not waited for.
create or replace function keep_unwanted() returns trigger language plpgsql as $$
begin
  insert into followed (kind, key, value)
  select distinct on (a.key) 'author', a.key, a.value from added a
  where not exists (select from followed f where f.kind = 'author' and f.key = a.key)
  order by a.key, a.value
  on conflict (kind, key) do nothing;
  return null;
end $$;

-- digest_due took its place.
drop function if exists next_local_hour(timestamptz, text, integer, smallint[]);
