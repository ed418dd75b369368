import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultPreferences,
  preferencesSchema,
  readPreferencesForm,
  readSignUpBody,
  readSignUpForm,
} from '../../src/subscribers/index.ts';

const email = 'reader@example.org';

describe('readSignUpBody', () => {
  test('an address alone gets the defaults', () => {
    expect(readSignUpBody({ email })).toEqual({
      ok: true,
      value: { email, preferences: defaultPreferences },
    });
  });

  test('reads every field', () => {
    expect(
      readSignUpBody({
        email,
        cadence: 'weekly',
        days: ['Fri', 1, 'mon', 7],
        hour: 0,
        timezone: 'europe/berlin',
        topics: ['  diffusion   policy ', 'diffusion policy'],
        searches: ['"world model" robot'],
        authors: ['José Núñez', 'Jose\u0301 Nu\u0301n\u0303ez'],
        organisations: ['Mila'],
        max_papers: 5,
      }),
    ).toEqual({
      ok: true,
      value: {
        email,
        preferences: {
          cadence: 'weekly',
          days: [1, 5, 7],
          hour: 0,
          timezone: 'Europe/Berlin',
          topics: ['diffusion policy'],
          searches: ['"world model" robot'],
          authors: ['José Núñez'],
          organisations: ['Mila'],
          categories: [],
          maxPapers: 5,
          minMatches: null,
          abstracts: 'short',
        },
      },
    });
  });

  test.each([
    ['email', { email: 'reader' }],
    ['email', { email: undefined }],
    ['email', { email: 7 }],
    ['email', { email: ` ${email}` }],
    ['cadence', { cadence: 'hourly' }],
    ['cadence', { cadence: null }],
    ['days', { days: [] }],
    ['days', { days: 'mon' }],
    ['days', { days: [1, 1, 1, 1, 1, 1, 1, 1] }],
    ['days/0', { days: [0] }],
    ['days/1', { days: [1, 8] }],
    ['days/0', { days: [1.5] }],
    ['days/0', { days: ['funday'] }],
    ['days/0', { days: [{}] }],
    ['hour', { hour: 24 }],
    ['hour', { hour: -1 }],
    ['hour', { hour: 7.5 }],
    ['hour', { hour: '7' }],
    ['hour', { hour: Number.NaN }],
    ['timezone', { timezone: 'Mars/Olympus' }],
    ['timezone', { timezone: '' }],
    ['timezone', { timezone: '+02:00' }],
    ['timezone', { timezone: "UTC'; drop table subscribers" }],
    ['timezone', { timezone: '../../etc/passwd' }],
    ['timezone', { timezone: `A${'a/'.repeat(100_000)}` }],
    ['timezone', { timezone: 2 }],
    ['max_papers', { max_papers: 0 }],
    ['max_papers', { max_papers: 101 }],
    ['topics', { topics: 'robots' }],
    ['topics', { topics: Array.from({ length: 51 }, (_, n) => `topic ${n}`) }],
    ['topics/0', { topics: ['x'.repeat(201)] }],
    ['topics/0', { topics: ['  '] }],
    ['authors/1', { authors: ['fine', 'nul\0'] }],
    ['authors/0', { authors: ['line\nbreak'] }],
    ['searches/0', { searches: ['\u202egnirts'] }],
    ['searches/0', { searches: ['\ud800'] }],
    ['organisations/0', { organisations: [null] }],
    ['state', { state: 'active' }],
    ['maxPapers', { maxPapers: 3 }],
    ['id', { id: 1 }],
  ])('names the field %s in %j', (field, part) => {
    const reading = readSignUpBody({ email, ...part });
    expect(reading).toEqual({
      ok: false,
      faults: [{ field, message: expect.stringMatching(/^[A-Z].*\.$/) }],
    });
  });

  test('reports all fields at once, and not more than a page of them', () => {
    const several = readSignUpBody({ email: 'x', hour: 99, cadence: 'often' });
    expect(several.ok || several.faults.map((fault) => fault.field).sort()).toEqual([
      'cadence',
      'email',
      'hour',
    ]);
    const unknown = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}${'k'.repeat(1000)}`, 1]));
    const many = readSignUpBody({ email, ...unknown });
    expect(many.ok || many.faults.length).toBe(20);
    expect(JSON.stringify(many).length).toBeLessThan(5000);
    expect(readSignUpBody(JSON.parse(`{"email":"${email}","__proto__":{"hour":3}}`)).ok).toBe(false);
  });

  test.each([[null], [undefined], [[]], ['text'], [7]])('refuses %j as a body', (body) => {
    expect(readSignUpBody(body)).toEqual({
      ok: false,
      faults: [{ field: '', message: 'Send a JSON object.' }],
    });
  });

  test('never throws, and what it takes is what is stored and read back', () => {
    const anyBody = fc.record(
      {
        email: fc.oneof(fc.constant(email), fc.string()),
        cadence: fc.constantFrom('daily', 'weekly', 'x'),
        days: fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.constantFrom('mon', 'SUN', 'x')), {
          maxLength: 8,
        }),
        hour: fc.integer({ min: -1, max: 24 }),
        timezone: fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'x'),
        topics: fc.array(fc.string({ unit: 'binary', maxLength: 210 }), { maxLength: 5 }),
        max_papers: fc.oneof(fc.constant(null), fc.integer()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), anyBody), (body) => {
        const reading = readSignUpBody(body);
        if (!reading.ok) {
          expect(reading.faults.length).toBeGreaterThan(0);
          return;
        }
        const stored: unknown = JSON.parse(JSON.stringify(reading.value.preferences));
        expect(preferencesSchema.parse(stored)).toEqual(reading.value.preferences);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('readSignUpForm', () => {
  test('reads texts, and takes what is empty for what was not said', () => {
    expect(
      readSignUpForm({
        email: ` ${email} `,
        hour: '',
        timezone: '',
        cadence: '',
        max_papers: '',
        topics: '',
        website: '',
      }),
    ).toEqual({ ok: true, value: { email, preferences: defaultPreferences } });
    expect(
      readSignUpForm({
        email,
        hour: '7',
        timezone: 'America/New_York',
        days: ['', '1', 'wed'],
        topics: 'robots\r\n\r\nworld models',
        authors: ['A', 'B\nC'],
        max_papers: '12',
      }),
    ).toEqual({
      ok: true,
      value: {
        email,
        preferences: {
          ...defaultPreferences,
          timezone: 'America/New_York',
          days: [1, 3],
          topics: ['robots', 'world models'],
          authors: ['A', 'B', 'C'],
          maxPapers: 12,
        },
      },
    });
  });

  test.each([['Mars/Olympus'], [['Europe/Berlin', 'x']], [{ a: 1 }], ['+05:30']])(
    'a time zone of %j is UTC and no fault of the reader',
    (timezone) => {
      expect(readSignUpForm({ email, timezone })).toEqual({
        ok: true,
        value: { email, preferences: defaultPreferences },
      });
    },
  );

  test('names what a reader can correct', () => {
    const reading = readSignUpForm({ email: 'reader', hour: 'noon', days: '', cadence: ['daily', 'never'] });
    expect(reading.ok || reading.faults.map((fault) => fault.field).sort()).toEqual([
      'cadence',
      'days',
      'email',
      'hour',
    ]);
    expect(readSignUpForm(undefined).ok).toBe(false);
  });
});

describe('readPreferencesForm', () => {
  const current = {
    preferences: {
      ...defaultPreferences,
      timezone: 'Asia/Tokyo',
      hour: 6,
      days: [1, 5],
      topics: ['robots'],
      maxPapers: 3,
    },
    pausedUntil: '2026-12-24',
  };

  test('keeps what the form does not have', () => {
    expect(readPreferencesForm({}, current)).toEqual({ ok: true, value: current });
    expect(readPreferencesForm({ hour: '9' }, current)).toEqual({
      ok: true,
      value: { ...current, preferences: { ...current.preferences, hour: 9 } },
    });
  });

  test('clears what was emptied', () => {
    expect(readPreferencesForm({ topics: '', max_papers: '', paused_until: '' }, current)).toEqual({
      ok: true,
      value: { preferences: { ...current.preferences, topics: [], maxPapers: null }, pausedUntil: null },
    });
  });

  test.each([
    ['days', { days: '' }],
    ['timezone', { timezone: 'Mars/Olympus' }],
    ['paused_until', { paused_until: '2026-02-30' }],
    ['paused_until', { paused_until: 'soon' }],
    ['hour', { hour: '25' }],
  ])('names the field %s in %j', (field, form) => {
    const reading = readPreferencesForm(form, current);
    expect(reading.ok || reading.faults.map((fault) => fault.field)).toEqual([field]);
  });
});
