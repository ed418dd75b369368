import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEdition, loadEdition, readSkip, rebuild } from '../../src/editions/index.ts';
import { fillPiece } from '../../src/editions/rules/skeleton.ts';
import { reader } from './fixtures.ts';
import { startWorld, type World } from './world.ts';

// Days in their order, over local servers that behave as the real ones do. June 2026: the 10th is a Wednesday.

let world: World;

/** The numbers of an edition's papers in order; those after the bar are "N more". */
async function printed(cadence: 'daily' | 'weekly', date: string): Promise<string | null> {
  const found = await findEdition(world.database.db, cadence, date);
  const numbers = (card: boolean) =>
    found?.papers.filter((paper) => paper.card === card).map(({ id }) => id.slice(5));
  return found && `${numbers(true)?.join(' ')} | ${numbers(false)?.join(' ')}`.trim();
}

/** The cards' lines of an edition on why each is there. */
async function reasonsOf(date: string): Promise<string[]> {
  const found = await findEdition(world.database.db, 'daily', date);
  const edition = found && (await loadEdition(world.database.db, found.id));
  return (edition?.papers.slice(0, edition.cards) ?? []).map(
    ({ text }) => fillPiece(text, reader).split('\n')[2]?.trim() ?? '',
  );
}

const noteOf = async (date: string) => (await findEdition(world.database.db, 'daily', date))?.note;
const skipOf = (date: string) => readSkip(world.database.db, 'daily', date);

describe('Hugging Face over two weeks', () => {
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('takes a list that grows all day when it has stopped growing', async () => {
    world.list('2026-06-10', { '10001': 1, '10002': 2 });
    await world.tick('10T01:15');
    world.list('2026-06-10', { '10001': 9, '10002': 20, '10003': 4 });
    expect(await world.tick('10T23:45')).toEqual(['daily 2026-06-09 skipped']);
    world.list('2026-06-10', { '10001': 10, '10002': 21, '10003': 4, '10004': 3 });
    expect(await world.tick('11T01:45')).toEqual([]);
    expect(await world.tick('11T02:00')).toEqual(['daily 2026-06-10 waiting']);
    world.list('2026-06-10', { '10001': 30, '10002': 21, '10003': 4, '10004': 3 });
    expect(await world.tick('11T02:15')).toEqual(['daily 2026-06-10 made']);
    expect(await printed('daily', '2026-06-10')).toBe('10001 10002 10003 | 10004');
    expect(await noteOf('2026-06-10')).toBeNull();
  });

  it('closes a list that does not stop growing at the deadline, and says so', async () => {
    world.list('2026-06-11', { '11001': 5 });
    await world.tick('11T09:00');
    const grown: Record<string, number> = { '11001': 5 };
    for (const [index, at] of ['12T02:00', '12T02:30', '12T02:45'].entries()) {
      grown[`1100${index + 2}`] = 1;
      world.list('2026-06-11', grown);
      expect(await world.tick(at)).toEqual(['daily 2026-06-11 waiting']);
    }
    expect(await world.tick('12T03:00')).toEqual(['daily 2026-06-11 made']);
    expect(await noteOf('2026-06-11')).toBe(
      'Hugging Face was still adding papers to 11 June 2026 when this edition was closed; what is missing comes in the next one.',
    );
  });

  it('carries what came late exactly once, in the next edition', async () => {
    // Listed on Wednesday after Wednesday was closed, and seen again in each look back.
    world.list('2026-06-10', { '10001': 30, '10002': 21, '10003': 4, '10004': 3, '10005': 8 });
    world.list('2026-06-12', { '12001': 7 });
    await world.tick('12T05:00', true);
    expect(await world.tick('13T02:00', true)).toEqual(['daily 2026-06-12 made']);
    expect(await printed('daily', '2026-06-12')).toBe('10005 12001 |');
    expect(await reasonsOf('2026-06-12')).toEqual([
      'Late from 10 June 2026 · 8 votes · 0 comments',
      '1st on Hugging Face · 7 votes · 0 comments',
    ]);
  });

  it('has no edition of a weekend, and a weekly one of the week', async () => {
    expect(await world.tick('14T02:00')).toEqual(['daily 2026-06-13 skipped']);
    expect(await world.tick('15T02:00', true)).toEqual([
      'daily 2026-06-14 skipped',
      'weekly 2026-06-08 made',
    ]);
    expect(await skipOf('2026-06-14')).toBe('No papers were listed on 14 June 2026.');
    expect(await printed('weekly', '2026-06-08')).toBe(
      '10001 10002 10005 | 12001 11001 10003 10004 11002 11003 11004',
    );
  });

  it('has no edition of a day without a list, and none of thin days that hold only what was carried', async () => {
    expect(await world.tick('16T02:00')).toEqual(['daily 2026-06-15 skipped']);
    // The list of Tuesday: one paper, which Wednesday's edition carried. Its listing has moved.
    world.list('2026-06-10', { '10001': 30, '10002': 21, '10003': 4, '10005': 8 });
    world.list('2026-06-16', { '10004': 54 });
    expect(await world.tick('16T12:00', true)).toEqual([]);
    expect(await world.tick('17T02:00', true)).toEqual(['daily 2026-06-16 skipped']);
    expect(await skipOf('2026-06-16')).toBe(
      'Every paper listed on 16 June 2026 was in an earlier daily edition.',
    );
  });

  it('does not repeat a re-listed paper, and keeps its place in the count', async () => {
    world.list('2026-06-17', { '10004': 60, '17001': 2 });
    await world.tick('17T12:00');
    expect(await world.tick('18T02:00')).toEqual(['daily 2026-06-17 made']);
    expect(await printed('daily', '2026-06-17')).toBe('17001 |');
    expect(await reasonsOf('2026-06-17')).toEqual(['2nd on Hugging Face · 2 votes · 0 comments']);
  });

  it('gives up a day on which nobody answered, and carries it later', async () => {
    world.huggingFace.failNext(1000, 400);
    for (const at of ['18T12:00', '19T02:00', '19T13:45'])
      expect((await world.tick(at)).filter((done) => !done.endsWith('waiting'))).toEqual([]);
    expect(await world.tick('19T14:00')).toEqual(['daily 2026-06-18 skipped']);
    expect(await skipOf('2026-06-18')).toBe(
      'Hugging Face had not answered for all of 18 June 2026 12 hours after its closing. What is listed later comes in the next edition.',
    );
  });

  it('is made again to the byte, all of it', async () => {
    for (const date of ['2026-06-10', '2026-06-11', '2026-06-12', '2026-06-17'])
      expect(await rebuild(world.database.db, { cadence: 'daily', date })).toMatchObject({ outcome: 'same' });
    expect(await rebuild(world.database.db, { cadence: 'weekly', date: '2026-06-14' })).toMatchObject({
      outcome: 'same',
      cards: 3,
      more: 7,
    });
  });
});

describe('Hugging Face and arXiv', () => {
  beforeAll(async () => {
    world = await startWorld({ withArxiv: true });
  });
  afterAll(() => world.close());

  it('waits for an announcement that is late, and takes it in', async () => {
    world.list('2026-06-08', { '08001': 12 });
    world.arxiv.day = '2026-06-05';
    await world.tick('08T12:00');
    expect(await world.tick('09T02:00')).toContain('daily 2026-06-08 waiting');
    Object.assign(world.arxiv, {
      day: '2026-06-08',
      items: [{ id: '2606.08001v1' }, { id: '2606.08100v1' }, { id: '2606.08101v1', type: 'cross' }],
    });
    expect(await world.tick('09T02:30')).toEqual(['daily 2026-06-08 made']);
    expect(await printed('daily', '2026-06-08')).toBe('08001 08100 08101 |');
    expect(await reasonsOf('2026-06-08')).toEqual([
      '1st on Hugging Face · 12 votes · 0 comments',
      'New on arXiv · 0 votes · 0 comments',
      'New on arXiv · 0 votes · 0 comments',
    ]);
    expect(await noteOf('2026-06-08')).toBeNull();
  });

  it('goes without arXiv at the deadline, says so, and carries its papers in the next edition once', async () => {
    world.list('2026-06-09', { '09001': 3 });
    world.arxiv.isDown = true;
    await world.tick('09T12:00');
    expect(await world.tick('10T02:00')).toEqual(['daily 2026-06-09 waiting']);
    expect(await world.tick('10T03:00')).toEqual(['daily 2026-06-09 made']);
    expect(await noteOf('2026-06-09')).toBe(
      'arXiv had not answered for all of 9 June 2026 when this edition was closed; what is missing comes in the next one.',
    );
    world.list('2026-06-10', { '10001': 4 });
    Object.assign(world.arxiv, {
      isDown: false,
      day: '2026-06-10',
      items: [{ id: '2606.10100v1' }],
      submitted: [{ id: '2606.09100', at: '2026-06-08T12:00:00Z' }],
    });
    await world.tick('10T06:00');
    expect(await world.tick('11T02:00')).toEqual(['daily 2026-06-10 made']);
    expect(await printed('daily', '2026-06-10')).toBe('10001 09100 10100 |');
  });

  it('has a note on a holiday of arXiv, and none on its weekend', async () => {
    world.list('2026-06-11', { '11001': 4 });
    Object.assign(world.arxiv, { day: '2026-06-11', items: [] });
    await world.tick('11T12:00');
    expect(await world.tick('12T02:00')).toEqual(['daily 2026-06-11 waiting']);
    expect(await world.tick('12T03:00')).toEqual(['daily 2026-06-11 made']);
    expect(await noteOf('2026-06-11')).toBe(
      'arXiv had announced nothing for 11 June 2026 when this edition was closed: a holiday there, or its papers come in the next one.',
    );
    world.list('2026-06-13', { '13001': 1 });
    await world.tick('13T12:00');
    expect(await world.tick('14T02:00')).toContain('daily 2026-06-13 made');
    expect(await noteOf('2026-06-13')).toBeNull();
  });

  it('mentions once what arXiv announces on Monday, revises on Thursday, and Hugging Face lists on Friday', async () => {
    Object.assign(world.arxiv, { day: '2026-06-15', items: [{ id: '2606.15001v1', title: 'Old name' }] });
    world.list('2026-06-15', { '15900': 1 });
    await world.tick('15T12:00');
    await world.tick('16T02:00');
    expect(await printed('daily', '2026-06-15')).toBe('15900 15001 |');
    Object.assign(world.arxiv, {
      day: '2026-06-18',
      items: [{ id: '2606.15001v2', type: 'replace', title: 'New name' }, { id: '2606.18001v1' }],
    });
    world.list('2026-06-18', { '18900': 1 });
    await world.tick('18T12:00');
    await world.tick('19T02:00');
    Object.assign(world.arxiv, { day: '2026-06-19', items: [{ id: '2606.19001v1' }] });
    world.list('2026-06-19', { '15001': 70, '19900': 1 });
    await world.tick('19T12:00');
    await world.tick('20T02:00');
    expect(await printed('daily', '2026-06-18')).toBe('18900 18001 |');
    expect(await printed('daily', '2026-06-19')).toBe('19900 19001 |');
    // Renamed since; the record has it as it was.
    expect(await rebuild(world.database.db, { cadence: 'daily', date: '2026-06-15' })).toMatchObject({
      outcome: 'same',
    });
  });
});

// The machine's time zone must not matter: eleven hours behind, fourteen ahead, and where clocks jump.
const ZONES = ['UTC', 'Pacific/Pago_Pago', 'Pacific/Kiritimati', 'America/New_York', 'Europe/Berlin'];

/** Days around both springs' time changes (8 March, 29 March), seen a second before and at each border. */
async function live(zone: string) {
  process.env.TZ = zone;
  await world.database.db.query(
    'test.clear',
    'truncate papers, listings, sightings, source_cursors, editions, edition_papers, edition_records, edition_skips restart identity cascade',
  );
  const told: string[] = [];
  const tick = async (at: string) => told.push(`${at}: ${(await world.tick(at)).join(', ')}`);
  for (const day of ['2026-03-07', '2026-03-08', '2026-03-28', '2026-03-29'])
    world.list(day, { [`${day.slice(5, 7)}${day.slice(8)}1`]: 3 });
  await tick('2026-03-07T23:59:59Z');
  await tick('2026-03-08T01:59:59Z');
  await tick('2026-03-08T02:00:00Z');
  await tick('2026-03-08T23:59:59Z');
  await tick('2026-03-09T00:00:00Z');
  await tick('2026-03-09T02:00:00Z');
  await tick('2026-03-29T01:59:59Z');
  await tick('2026-03-29T02:00:00Z');
  await tick('2026-03-30T02:00:00Z');
  const { db } = world.database;
  const editions = await db.query(
    'test.editions',
    `select e.cadence, e.issue_date, e.opened_at::timestamptz at time zone 'UTC' || '' as opened, e.subject,
            r.pieces_sha256 from editions e join edition_records r on r.edition_id = e.id order by e.id`,
  );
  const skips = await db.query(
    'test.skips',
    'select cadence, issue_date, reason from edition_skips order by 1, 2',
  );
  return { told, editions, skips };
}

describe('the time zone of the machine', () => {
  const zoneBefore = process.env.TZ;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => {
    if (zoneBefore === undefined) delete process.env.TZ;
    else process.env.TZ = zoneBefore;
    await world.close();
  });

  it('does not matter: the same editions, to the byte, in every zone', async () => {
    const [here = 'UTC', ...elsewhere] = ZONES;
    const expected = await live(here);
    expect(expected.told).toEqual([
      '2026-03-07T23:59:59Z: daily 2026-03-06 skipped',
      '2026-03-08T01:59:59Z: ',
      '2026-03-08T02:00:00Z: daily 2026-03-07 made',
      '2026-03-08T23:59:59Z: ',
      '2026-03-09T00:00:00Z: ',
      '2026-03-09T02:00:00Z: daily 2026-03-08 made, weekly 2026-03-02 made',
      expect.stringMatching(/^2026-03-29T01:59:59Z: (?!.*2026-03-28)/),
      expect.stringMatching(/^2026-03-29T02:00:00Z: .*daily 2026-03-28 made/),
      expect.stringMatching(/^2026-03-30T02:00:00Z: .*daily 2026-03-29 made.*weekly 2026-03-23 made/),
    ]);
    const offsets = new Set<number>();
    for (const zone of elsewhere) {
      expect(await live(zone), zone).toEqual(expected);
      offsets.add(new Date('2026-03-07T23:59:59Z').getTimezoneOffset());
    }
    // The zones were really those: minutes behind UTC.
    expect([...offsets]).toEqual([660, -840, 300, -60]);
  });
});
