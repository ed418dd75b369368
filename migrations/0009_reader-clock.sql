-- The reader's clock: which local day an edition is for, and when on that day its digest comes.
-- Up Migration

-- When the reader last went from daily to weekly or back; null: never. No edition that opened before comes at once for that.
alter table subscribers add column cadence_since timestamptz;

-- What a zone's clocks are behind or before UTC at the least, in the half year before and after `around`: its standard time.
-- A probe each week: Morocco's changes last four weeks.
create function standard_offset(zone text, around timestamptz) returns interval language sql stable as $$
  select min((p.at at time zone zone) - (p.at at time zone 'UTC'))
  from generate_series(-26, 26) as n, lateral (select around + n.n * interval '168 hours' as at) as p
$$;

-- When the digest of an edition that opened at `opened` comes to a reader.
--
-- An edition is for one local day of the reader: the first on which the chosen hour, in standard time, is not before the
-- opening. Standard time, because a year has as many local days as editions: were the day found by the clocks of the moment,
-- a reader whose hour is the opening's would have a day without mail each spring and one with two each autumn. On its day (or
-- the first chosen one after it) the digest comes at the hour, by the clocks of that day; where summer time puts the
-- hour before the opening, it comes at the opening.
--
-- zone_offset: standard_offset(zone, opened)
-- not_before:  only hours after this count: when the reader was imported, or changed the cadence, while it was open
-- changed:     when the reader last changed anything while it was open; a day that ended before is over, an hour that passed
--              before means now
-- served:      local days on which the reader was sent another digest: never two
-- For none of these: -infinity, -infinity, {}; nulls would not join.
create function digest_due(
  opened timestamptz, cadence text, zone_offset interval, zone text, hour integer, days smallint[],
  not_before timestamptz, changed timestamptz, served date[]
) returns timestamptz language sql stable as $$
  with edition as (
    select o.at::date + case when o.at::time > make_time(hour, 0, 0) then 1 else 0 end as local_day
    from (select (opened at time zone 'UTC') + zone_offset as at) as o
  ), chosen as (
    select min(greatest(t.at, opened, changed)) as at
    from edition,
         lateral (select greatest(edition.local_day, (greatest(changed, not_before) at time zone zone)::date) as day) as f,
         generate_series(0, 15) as n,
         lateral (select f.day + n.n as day) as d,
         lateral (select (d.day + make_interval(hours => hour)) at time zone zone as at) as t
    where extract(isodow from d.day)::smallint = any (days)
      and t.at >= not_before and d.day <> all (served)
  )
  -- Next week's edition is out by then: this one comes now, or never.
  select case when cadence = 'weekly' and chosen.at >= opened + interval '7 days' and changed > opened and not_before <= opened
              then changed else chosen.at end
  from chosen
$$;
