import { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addressHash,
  importSubscribers,
  showSubscriber,
  subscribe,
  unsubscribeByEmail,
} from '../../src/subscribers/index.ts';
import { cutCells } from '../../src/subscribers/rules/csv-line.ts';
import { readHeader } from '../../src/subscribers/rules/import-header.ts';
import { readEntries, writeEntries } from '../../src/subscribers/rules/import-line.ts';
import { cutLines, type Line } from '../../src/subscribers/rules/lines.ts';
import { owedMails, type Room, request, room, START } from './fixtures.ts';

describe('cutLines', () => {
  async function linesOf(chunks: (string | Uint8Array)[], lengthMax = 100): Promise<Line[]> {
    const lines: Line[] = [];
    for await (const line of cutLines(Readable.from(chunks), lengthMax)) lines.push(line);
    return lines;
  }

  test('cuts the same lines wherever the chunks end, in bytes and in text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('a', 'é', '😀', ',', '\r', '\n', '\r\n', '"') }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 5 }),
        fc.boolean(),
        async (text, cuts, asBytes) => {
          const whole = asBytes ? Buffer.from(text) : text;
          const places = [0, ...[...cuts].sort((a, b) => a - b), whole.length];
          const chunks = places.slice(1).map((end, n) => whole.slice(places[n], end));
          const expected = text.split(/\r\n|\r|\n/);
          if (expected.at(-1) === '') expected.pop();
          const lines = await linesOf(chunks.filter((chunk) => chunk.length > 0));
          expect(lines.map((line) => line.text)).toEqual(expected);
          expect(lines.map((line) => line.number)).toEqual(expected.map((_, n) => n + 1));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('drops a byte-order mark, of bytes and of text', async () => {
    expect((await linesOf(['\ufeffemail\n']))[0]?.text).toBe('email');
    expect((await linesOf([Buffer.from([0xef]), Buffer.from([0xbb, 0xbf, 0x61])]))[0]?.text).toBe('a');
  });

  test('holds the beginning of a line that is too long, and goes on after it', async () => {
    const chunks = [...Array.from({ length: 50 }, () => 'x'.repeat(1000)), '\nnext'];
    expect(await linesOf(chunks)).toEqual([
      { number: 1, text: 'x'.repeat(100), tooLong: true },
      { number: 2, text: 'next', tooLong: false },
    ]);
  });
});

describe('cutCells', () => {
  test('reads what csv-parse reads, line for line', () => {
    const anyLine = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '""', ',"', '",', ';') });
    fc.assert(
      fc.property(anyLine, (line) => {
        let expected: string[][] | undefined;
        try {
          expected = parse(line, { relax_column_count: true });
        } catch {
          // CsvError: the quotes do not fit together.
        }
        if (line !== '') expect(cutCells(line, ',')).toEqual(expected?.[0]);
      }),
      { numRuns: 3000 },
    );
  });

  test('takes back what was quoted, blanks around it or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }),
        fc.constantFrom(',', ';', '\t'),
        (cells, separator) => {
          const line = cells.map((cell) => ` "${cell.replaceAll('"', '""')}"  `).join(separator);
          expect(cutCells(line, separator)).toEqual(cells);
        },
      ),
    );
  });
});

test('entries in one cell come back as they were, whatever signs they hold', () => {
  const entry = fc
    .string({ unit: fc.constantFrom('a', ' ', ';', '\\', '"', ',') })
    .map((text) => text.trim())
    .filter((text) => text !== '');
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      expect(readEntries(writeEntries(entries))).toEqual(entries);
    }),
  );
  expect(readEntries(' a;b ;; c\\d;')).toEqual(['a', 'b', 'c\\d']);
});

describe('readHeader', () => {
  const header = (text: string) => readHeader(text.split(','));

  test('knows columns by other spellings, and names those that it does not read', () => {
    expect(header(' E-Mail ,Full name,Organizations,TOPIC,created at,Confirmed_At,hour')).toEqual({
      places: { email: 0, organisations: 2, topics: 3, hour: 6 },
      width: 7,
      unread: ['Full name'],
    });
    expect(header('search,author,category,organisation,email')?.places).toEqual({
      searches: 0,
      authors: 1,
      categories: 2,
      organisations: 3,
      email: 4,
    });
    expect(header('name,hour')).toBeUndefined();
    expect(header('email,__proto__,constructor')?.unread).toEqual(['__proto__', 'constructor']);
  });

  test('takes a name before its other spellings, and the first of two', () => {
    expect(header('topic,email,topics,hour,Hour,,')).toEqual({
      places: { topics: 2, email: 1, hour: 3 },
      width: 5,
      unread: ['topic', 'Hour'],
    });
    expect(header(',email')).toMatchObject({ places: { email: 1 }, unread: ['number 1'] });
  });
});

describe('importSubscribers', () => {
  let house: Room;
  beforeAll(async () => {
    house = await room();
  });
  afterAll(() => house.close());

  const importText = (text: string, options = {}) => importSubscribers(house, Readable.from([text]), options);

  test('reads what a spreadsheet writes: BOM, CRLF, quotes, semicolons, columns in any order', async () => {
    const text =
      '\ufeff"Name";"E-Mail";Hour;Timezone;Days;Cadence;Max papers\r\n' +
      '"Lovelace; ""Ada""";Ada@Example.org;6;europe/london;mon, wed;Weekly;7\r\n' +
      'Grace;grace@example.org;;;;;\r\n' +
      '\r\n' +
      '"Bücher, Anna"; anna@bücher.example ;23;Asia/Tokyo;1 2 3;;\r\n';
    expect(await importText(text, { wording: 'Asked at the fair.' })).toEqual({
      lines: 3,
      added: 3,
      existing: 0,
      left: 0,
      suppressed: 0,
      faults: [],
      unread: ['Name'],
    });
    const ada = await showSubscriber(house.db, 'ada@example.org');
    expect(ada).toMatchObject({
      email: 'Ada@example.org',
      state: 'active',
      confirmedAt: house.clock.now(),
      preferences: { hour: 6, timezone: 'Europe/London', days: [1, 3], cadence: 'weekly', maxPapers: 7 },
    });
    expect(ada?.consents).toEqual([
      expect.objectContaining({
        step: 'imported',
        page: 'import',
        wording: 'Asked at the fair.',
        emailTyped: 'Ada@Example.org',
        email: 'Ada@example.org',
      }),
    ]);
    expect(await showSubscriber(house.db, 'grace@example.org')).toMatchObject({
      preferences: { hour: 7, timezone: 'UTC', days: [1, 2, 3, 4, 5, 6, 7], maxPapers: null },
    });
    expect(await showSubscriber(house.db, 'anna@xn--bcher-kva.example')).toMatchObject({
      preferences: { hour: 23, days: [1, 2, 3] },
    });
  });

  test('names each bad line and loses none of the others', async () => {
    const bad = [
      '"not closed@example.org,7,UTC',
      'not an address,7,UTC',
      'hour@example.org,24,UTC',
      'zone@example.org,7,Mars/Olympus',
      ',,',
      'a@example.org@example.org,7,UTC',
      `${'x'.repeat(30_000)}@example.org,7,UTC`,
      '"quoted" tail@example.org,7,UTC',
      'nul\0@example.org,7,UTC',
      '\ufffd\ufffd@example.org',
      'beyond@example.org,7,UTC,,robotics',
    ];
    const good = bad.map((_, n) => `good-${n}@example.org${n % 2 ? ',7,UTC' : ''}`);
    const text = ['email,hour,timezone', ...bad.flatMap((line, n) => [line, good[n] ?? ''])].join('\n');
    const report = await importText(text);
    expect(report).toMatchObject({ lines: bad.length * 2, added: good.length });
    expect(report.faults.map(({ line }) => line)).toEqual(bad.map((_, n) => 2 + 2 * n));
    for (const { fault } of report.faults) expect(fault).toMatch(/^[A-Z].*[.?]$/);
    for (const n of bad.keys())
      expect(await showSubscriber(house.db, `good-${n}@example.org`)).toMatchObject({ state: 'active' });
  });

  test('leaves alone who is active, left, or bounced, and counts them apart', async () => {
    await importText('email\nactive@example.net\nleft@example.net\n');
    await unsubscribeByEmail(house, 'left@example.net', { page: 'cli' });
    await unsubscribeByEmail(house, 'active@example.net', { page: 'cli' }).then(() => undefined);
    await subscribe(house, request('asked-for@example.net'));
    // Left, and then asked for by whoever: still left.
    await subscribe(house, request('left@example.net'));
    await house.db.query(
      'test.suppress',
      'insert into suppressions (email_hash, reason, at) values ($1, $2, $3)',
      [addressHash(house.keys, 'bounced@example.net'), 'complaint', START],
    );
    const text =
      'email\nLeft@example.net\nbounced@example.net\nasked-for@example.net\nnew@example.net\nNEW@example.net\nactive@example.net\n';
    const expected = { lines: 6, added: 2, existing: 1, left: 2, suppressed: 1, faults: [], unread: [] };

    const before = await house.db.query('test.all', 'select * from subscribers order by id');
    expect(await importText(text, { dryRun: true })).toEqual(expected);
    expect(await house.db.query('test.all', 'select * from subscribers order by id')).toEqual(before);

    expect(await importText(text)).toEqual(expected);
    expect(await showSubscriber(house.db, 'asked-for@example.net')).toMatchObject({ state: 'active' });
    expect(await showSubscriber(house.db, 'left@example.net')).toMatchObject({ state: 'pending' });
    expect(await showSubscriber(house.db, 'active@example.net')).toMatchObject({ state: 'unsubscribed' });
    expect(await showSubscriber(house.db, 'bounced@example.net')).toBeNull();

    // Run again, as after a break: nothing is doubled.
    expect(await importText(text)).toMatchObject({ added: 0, existing: 3, left: 2, suppressed: 1 });
    expect((await showSubscriber(house.db, 'new@example.net'))?.consents).toHaveLength(1);
    await subscribe(house, request('new@example.net'));
    expect(await owedMails(house, 'new@example.net')).toEqual([]);
  });

  test('needs a header with the column email', async () => {
    for (const text of ['reader@example.org\nother@example.org\n', 'name,hour\nA,7\n'])
      expect(await importText(text)).toMatchObject({
        lines: 0,
        added: 0,
        faults: [{ line: 1, fault: expect.stringMatching(/email/) }],
      });
    for (const text of ['', '\r\n \n'])
      expect(await importText(text)).toMatchObject({
        lines: 0,
        added: 0,
        faults: [{ line: 1, fault: expect.stringMatching(/empty.*columns.*email/) }],
      });
  });

  test('brings nobody in who is not active where the list comes from', async () => {
    const report = await importText(
      [
        'email,State',
        'gone@example.edu,unsubscribed',
        'asked@example.edu,Pending',
        'other@example.edu,Bavaria',
        'here@example.edu, Active ',
        'unsaid@example.edu,',
      ].join('\n'),
    );
    expect(report).toMatchObject({
      lines: 5,
      added: 2,
      faults: [
        {
          line: 2,
          fault:
            'This reader is "unsubscribed" there; only active readers are imported. If the column means something else, name it otherwise.',
        },
        {
          line: 3,
          fault:
            'This reader is "pending" there; only active readers are imported. If the column means something else, name it otherwise.',
        },
        { line: 4, fault: expect.stringMatching(/^This reader is ".+" there/) },
      ],
    });
    for (const name of ['gone', 'asked', 'other'])
      expect(await showSubscriber(house.db, `${name}@example.edu`)).toBeNull();
    expect(await showSubscriber(house.db, 'unsaid@example.edu')).toMatchObject({ state: 'active' });
  });

  test('keeps a pause, unless its day has come where the reader is', async () => {
    const dayIn = (ms: number) => new Date(house.clock.now().getTime() + ms).toISOString().slice(0, 10);
    const day = 24 * 3_600_000;
    const [today, tomorrow] = [dayIn(0), dayIn(day)];
    await subscribe(house, request('waiting@example.edu'));
    const report = await importText(
      [
        'email,paused_until,timezone',
        `away@example.edu,${tomorrow},UTC`,
        `back@example.edu,${today},UTC`,
        // It is tomorrow there already.
        `kiribati@example.edu,${dayIn(14 * 3_600_000)},Pacific/Kiritimati`,
        `waiting@example.edu,2100-12-31,UTC`,
        'far@example.edu,2101-01-01,UTC',
        'never@example.edu,2030-02-30,UTC',
        'german@example.edu,24.12.2030,UTC',
      ].join('\n'),
    );
    expect(report).toMatchObject({ lines: 7, added: 4 });
    expect(report.faults.map(({ line }) => line)).toEqual([6, 7, 8]);
    for (const { fault } of report.faults) expect(fault).toMatch(/^The column paused_until .*YYYY-MM-DD/);
    const pauseOf = async (name: string) =>
      (await showSubscriber(house.db, `${name}@example.edu`))?.pausedUntil;
    expect(await pauseOf('away')).toBe(tomorrow);
    expect(await pauseOf('back')).toBeNull();
    expect(await pauseOf('kiribati')).toBeNull();
    expect(await pauseOf('waiting')).toBe('2100-12-31');
  });

  test('reads the longest line that an export writes', async () => {
    const searches = Array.from({ length: 50 }, (_, n) => `w${n}`.padEnd(200, ';'));
    const line = `long@example.edu,"${writeEntries(searches)}"`;
    expect(line.length).toBeGreaterThan(19_000);
    expect(await importText(`email,searches\n${line}\n`)).toMatchObject({ added: 1, faults: [] });
    expect((await showSubscriber(house.db, 'long@example.edu'))?.preferences.searches).toEqual(
      searches.toSorted(),
    );
  });

  test('takes two imports of the same list at once', async () => {
    const emails = Array.from({ length: 2500 }, (_, n) => `twice-${n}@example.org`);
    const reports = await Promise.all([
      importText(['email', ...emails].join('\n')),
      importText(['email', ...emails.toReversed()].join('\n')),
    ]);
    expect(reports.map(({ lines, faults }) => [lines, faults])).toEqual([
      [2500, []],
      [2500, []],
    ]);
    expect(reports.reduce((sum, { added }) => sum + added, 0)).toBe(2500);
    const [count] = await house.db.query(
      'test.count',
      `select count(*)::int as consents from consents where email like 'twice-%' and step = 'imported'`,
    );
    expect(count).toEqual({ consents: 2500 });
  });

  test('streams: twenty thousand lines in a moment, a bad one in each hundred', async () => {
    function* lines() {
      yield 'email,name,hour,timezone\n';
      for (let n = 0; n < 20_000; n += 1)
        yield n % 100 === 99
          ? `broken "${n}\n`
          : `bulk-${n}@example.org,"Reader, no. ${n}",${n % 24},Europe/Berlin\n`;
    }
    const startedAt = performance.now();
    const report = await importSubscribers(house, Readable.from(lines()));
    expect(report).toMatchObject({ lines: 20_000, added: 19_800 });
    expect(report.faults).toHaveLength(200);
    expect(report.faults[0]?.line).toBe(101);
    // 100,000 lines take some seconds; ten times that would be a fault.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
