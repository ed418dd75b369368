import type { Db } from '../platform/index.ts';
import type { Pace } from './rules/pace.ts';

/** A limit that a call for slots has to keep. */
export interface Limit {
  key: string;
  /** Milliseconds from one slot to the next, as set; 0: only slowed, by what the domain said. */
  stepMs: number;
  /** How far ahead a slot may lie for a message that then waits for it. */
  aheadMs: number;
  /** How long a message is put off at most. */
  laterMs: number;
}

/** What came of a message: its slot, or when to ask again. Neither: a limit has no row yet. */
export interface Slot {
  goMs: number | null;
  laterMs: number | null;
}

/** A limit that nobody waits for gives, after a rest, what this long would have given, and one message: no more. */
export const BURST_MS = 100;

/** Slots promised to messages that were put off are kept for them this long: they come back with the clock's next tick. */
export const KEPT_MS = 2_000;

/** Limits that are new get their row; safe at any time. */
export async function addLimits(db: Db, keys: readonly string[], now: Date): Promise<void> {
  await db.query(
    'add-limits',
    `insert into pace (key, next_at, line_at)
     select key, $2::timestamptz, $2::timestamptz - interval '1 hour' from unnest($1::text[]) as key order by key
     on conflict (key) do nothing`,
    [keys, now],
  );
}

/**
 * Takes slots for messages, in their order, in one statement: virtual scheduling (the generic cell rate algorithm, ITU-T
 * I.371), where a limit is the time of its next free slot. A message takes a slot of both its gates or of neither, so
 * that a domain without room costs the others nothing. One without a slot is put off to a place in the line of the gate
 * that shut; the line takes no slots, it only spreads the returns.
 *
 * @param gates - each message's own limit; null where it has none
 * @param common - the limit that all of them share
 */
export async function takeSlots(
  db: Db,
  now: Date,
  limits: readonly Limit[],
  gates: readonly (string | null)[],
  common: string | null,
): Promise<Slot[]> {
  return db.query<Slot>(
    'take-slots',
    `with wanted as (
       select * from unnest($2::text[], $3::float8[], $4::float8[], $5::float8[]) as w (key, set_ms, ahead_ms, later_ms)
     ), locked as materialized (
       select key, pause_ms, extract(epoch from next_at)::float8 * 1000 as next_ms,
              extract(epoch from line_at)::float8 * 1000 as line_ms
       from pace where key = any($2) order by key for update
     ), timed as (
       select w.key, w.ahead_ms, w.later_ms, l.next_ms, l.line_ms, greatest(w.set_ms, l.pause_ms, 0.001) as step
       from wanted w join locked l on l.key = w.key
     ), gate as (
       -- A slot further ahead than any call can take one is of a clock that has been set back since.
       select t.*, g.base, greatest(0, floor(($1::float8 + ahead_ms - g.base + 0.01) / step) + 1) as room
       from timed t, lateral (select greatest(
         case when next_ms > $1 + ahead_ms + step + 1000 then $1 else next_ms end,
         $1 - case when line_ms > $1 - ${KEPT_MS} then ${KEPT_MS} else ${BURST_MS} end) as base) as g
     ), asked as (
       select m.nr, m.key, g.key is null and m.key is not null as unknown, g.base, g.step,
              row_number() over (partition by m.key order by m.nr) as place,
              m.key is null or row_number() over (partition by m.key order by m.nr) <= g.room as fits
       from unnest($6::text[]) with ordinality as m (key, nr) left join gate g on g.key = m.key
     ), placed as (
       select *, row_number() over (partition by fits order by nr) as common_place from asked
     ), judged as (
       select p.*, fits and ($7::text is null or common_place <= c.room) as goes,
              unknown or ($7::text is not null and c.key is null) as lost,
              greatest($1, p.base + (place - 1) * p.step, c.base + (common_place - 1) * c.step) as go_ms
       from placed p left join gate c on c.key = $7
     ), used as (
       select g.*, g.base + g.step * (select count(*) from judged j where j.goes and g.key in (j.key, $7)) as free_ms
       from gate g
     ), put_off as (
       select j.nr, u.key, greatest(u.line_ms, u.free_ms, $1) + u.step * row_number() over (partition by u.key order by j.nr) as past_ms
       from judged j join used u on u.key = case when j.fits then $7 else j.key end where not j.goes
     ), written as (
       update pace p set
         next_at = timestamptz 'epoch' + u.free_ms * interval '1 millisecond',
         line_at = timestamptz 'epoch' + least($1 + u.later_ms,
           coalesce((select max(past_ms) from put_off o where o.key = u.key), u.line_ms)) * interval '1 millisecond'
       from used u where p.key = u.key and not exists (select from judged where lost)
     )
     select case when j.goes then j.go_ms end as "goMs",
            case when not j.goes then least(o.past_ms - u.step, $1 + u.later_ms) end as "laterMs"
     from judged j left join put_off o on o.nr = j.nr left join used u on u.key = o.key
     order by j.nr`,
    [
      now.getTime(),
      limits.map((limit) => limit.key),
      limits.map((limit) => limit.stepMs),
      limits.map((limit) => limit.aheadMs),
      limits.map((limit) => limit.laterMs),
      gates,
      common,
    ],
  );
}

/** A domain that is slowed, as an operator sees it. */
export interface SlowedDomain extends Pace {
  domain: string;
  pauseMs: number;
  /** What it said last. */
  reply: string;
}

/** The domains that are slowed now, slowest first. */
export async function readPaces(db: Db): Promise<SlowedDomain[]> {
  return db.query<SlowedDomain>(
    'read-paces',
    `select substr(key, 8) as domain, pause_ms as "pauseMs", coalesce(reply, '') as reply,
            (extract(epoch from changed_at) * 1000)::float8 as "changedAtMs"
     from pace where pause_ms is not null order by pause_ms desc, key`,
  );
}

/** Reads and locks a domain's pace; the row is made where there is none. Call it in a transaction. */
export async function lockPace(db: Db, key: string, now: Date): Promise<Pace> {
  await addLimits(db, [key], now);
  const [row] = await db.query<Pace>(
    'lock-pace',
    `select pause_ms as "pauseMs", coalesce(extract(epoch from changed_at) * 1000, 0)::float8 as "changedAtMs"
     from pace where key = $1 for update`,
    [key],
  );
  return row ?? { pauseMs: null, changedAtMs: 0 };
}

/**
 * Writes a domain's new pace. The next slot moves as the pause does, never to before what the settings allow, and after a
 * complaint it is a whole pause away. The line begins anew: it was made for another pace.
 *
 * @param setMs - milliseconds between two messages by the settings; 0 where they do not say
 */
export async function writePace(
  db: Db,
  key: string,
  setMs: number,
  pace: Pace,
  reply: string | null,
): Promise<void> {
  await db.query(
    'write-pace',
    `update pace set pause_ms = $2, changed_at = at.t, reply = coalesce($4, reply), line_at = at.t,
       next_at = greatest(
         next_at + (greatest($5::float8, $2) - greatest($5, pause_ms)) * interval '1 millisecond',
         case when $2 > coalesce(pause_ms, 0) then at.t + $2::float8 * interval '1 millisecond' end)
     from (select timestamptz 'epoch' + $3::float8 * interval '1 millisecond' as t) as at where key = $1`,
    [key, pace.pauseMs, pace.changedAtMs, reply, setMs],
  );
}
