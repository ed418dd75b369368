import { type CheerioAPI, load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../src/deliveries/index.ts';
import { drain } from '../support/day.ts';
import { type AfterADay, liveADay, TOKEN } from './admin-fixtures.ts';
import { dumpTables, NOW } from './support.ts';

// A day on which bob was refused, carol's mail is uncertain, eve's waits to be tried again, and fay's hour is to come.
let day: AfterADay;
beforeAll(async () => {
  day = await liveADay();
});
afterAll(() => day?.end());

const basic = { authorization: `Basic ${Buffer.from(`operator:${TOKEN}`).toString('base64')}` };
const bearer = { authorization: `Bearer ${TOKEN}` };
const path = () => `/admin/editions/${day.editionId}`;
const api = () => `/api/v1/admin/editions/${day.editionId}`;
const textOf = (texts: string) => texts.replace(/\s+/g, ' ').trim();

const post = (to: string, fields: Record<string, string>, headers: Record<string, string> = basic) =>
  fetch(`${day.web.url}${to}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
    redirect: 'manual',
  });
const open = async (to = path()) =>
  load(await (await fetch(`${day.web.url}${to}`, { headers: basic })).text());

const proof = async () => (await verify(day.app.db, { editionId: day.editionId }))[0];

/** Presses a button as a browser does, and follows where it leads. */
async function press($: CheerioAPI, label: RegExp, more: Record<string, string> = {}): Promise<CheerioAPI> {
  const button = $('main form button')
    .toArray()
    .find((one) => label.test($(one).attr('aria-label') ?? $(one).text()));
  if (!button) throw new Error(`No button ${label}`);
  const hidden = $(button)
    .closest('form')
    .find('input[type=hidden]')
    .toArray()
    .map((field) => [$(field).attr('name') ?? '', $(field).attr('value') ?? '']);
  const act = { [$(button).attr('name') ?? '']: $(button).attr('value') ?? '' };
  const answer = await post(path(), { ...Object.fromEntries(hidden), ...act, ...more });
  expect(answer.status).toBe(302);
  return open(new URL(answer.headers.get('location') ?? '', day.web.url).href.slice(day.web.url.length));
}

test('a domain that asked for less is named, with what it said', async () => {
  const { throttle } = await day.app.sending();
  const refused = {
    kind: 'refused',
    stage: 'data',
    server: 's',
    reply: '451 4.3.0 Come back later',
  } as const;
  for (let i = 0; i < 5; i += 1) throttle.observe('example.org', refused, day.app.clock.now().getTime());
  await throttle.flush();
  const $ = await open('/admin');
  expect(textOf($('section[aria-labelledby=slowed] li').text())).toMatch(
    /^example\.org: one mail each \d+ seconds, since it said “451 4\.3\.0 Come back later”$/,
  );
});

describe('nobody but the page itself makes a browser act', () => {
  test.each<[string, () => Record<string, string>, Record<string, string>, number]>([
    ['without the token', () => ({ act: 'pause' }), {}, 401],
    ['with the password that a browser adds, from a foreign page', () => ({ act: 'pause' }), basic, 403],
    ['with a key that was guessed', () => ({ act: 'pause', form: 'a'.repeat(27) }), basic, 403],
    ['with an empty key', () => ({ act: 'cancel', sure: 'yes', form: '' }), basic, 403],
  ])('%s', async (_, fields, headers, status) => {
    const before = await dumpTables(day.app);
    expect((await post(path(), fields(), headers)).status).toBe(status);
    expect(await dumpTables(day.app)).toBe(before);
  });

  test("with another edition's key, an unknown act, or a field that is not known", async () => {
    const key = (await open())('input[name=form]').first().attr('value') ?? '';
    const before = await dumpTables(day.app);
    expect((await post(`/admin/editions/${day.editionId + 1}`, { act: 'pause', form: key })).status).toBe(
      403,
    );
    for (const fields of [
      { act: 'explode' },
      {},
      { act: 'retry', code: '55' },
      { act: 'retry', colour: 'red' },
    ])
      expect((await post(path(), { ...fields, form: key })).status).toBe(400);
    // Withdrawing asks twice.
    expect((await post(path(), { act: 'cancel', form: key })).status).toBe(400);
    expect(await dumpTables(day.app)).toBe(before);
  });

  test('the addresses for programs take no password, and no GET acts', async () => {
    const before = await dumpTables(day.app);
    for (const act of ['pause', 'resume', 'cancel', 'retry', 'resend']) {
      const call = (method: string, headers: Record<string, string>) =>
        fetch(`${day.web.url}${api()}/${act}`, { method, headers });
      expect((await call('POST', basic)).status).toBe(401);
      expect((await call('POST', {})).status).toBe(401);
      expect((await call('GET', bearer)).status).toBe(405);
      expect((await call('HEAD', bearer)).status).toBe(405);
    }
    expect(await dumpTables(day.app)).toBe(before);
  });
});

test('pause and resume by buttons; the overview tells of a pause', async () => {
  const paused = await press(await open(), /^Pause$/);
  expect(paused('[role=status]').text()).toContain('Paused.');
  expect(textOf(paused('main').text())).toContain('Paused: nothing of it is sent.');
  expect(textOf((await open('/admin'))('.look').text())).toContain('paused, and 2 mails waiting');
  const resumed = await press(paused, /^Resume$/);
  expect(resumed('[role=status]').text()).toContain('It goes on.');
  expect(await day.app.db.query('test-audit', 'select actor, action from audit order by id')).toMatchObject(
    [
      { actor: 'reader' },
      { actor: 'operator', action: 'edition.pause' },
      { actor: 'operator', action: 'edition.resume' },
    ].slice(-2),
  );
});

test('retry and send again from the list of causes: those alone', async () => {
  const $ = await press(await open(), /^Retry: the address was refused/);
  expect($('[role=status]').text()).toBe('1 mail planned again, with the same Message-ID.');
  // Some of them are queued by now: a button knocks.
  expect(await proof()).toMatchObject({ waiting: 3, failed: 0, uncertain: 1 });
  const again = await press($, /^Send again: the connection died/);
  expect(again('[role=status]').text()).toContain('1 mail planned again');
  expect(again('.causes form')).toHaveLength(0);
  expect(await proof()).toMatchObject({ sent: 2, skipped: 1, waiting: 4 });
});

test('the same for programs: counts, causes, acts', async () => {
  const ask = async (to: string, method = 'GET', body?: unknown) => {
    const answer = await fetch(`${day.web.url}${to}`, {
      method,
      headers: { ...bearer, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  expect(await ask('/api/v1/admin/editions')).toMatchObject({
    status: 200,
    body: {
      editions: [{ id: day.editionId, cadence: 'daily', date: '2026-06-10', state: 'ready', planned: 7 }],
    },
  });
  expect(await ask(`${api()}/pause`, 'POST')).toEqual({
    status: 200,
    body: { outcome: 'done', rows: expect.any(Number), too_late: 0 },
  });
  expect((await ask(`${api()}/pause`, 'POST')).body).toMatchObject({ outcome: 'already' });
  expect((await ask(api())).body).toMatchObject({ state: 'paused', waiting: 4, holds: true });
  await ask(`${api()}/resume`, 'POST');
  day.app.sink.behave({ rcpt: (to) => (to.startsWith('bob') ? '552 5.2.2 full' : undefined) });
  // Until the domain that put eve off is trusted again; fay's hour is later.
  for (let minutes = 0; minutes <= 300 && (await proof())?.waiting !== 1; minutes += 20) {
    day.app.clock.set(new Date(NOW.getTime() + minutes * 60_000));
    await drain({ ...day.app, sending: (await day.anotherSender()).sending });
  }
  expect((await ask(api())).body).toMatchObject({ failed: 1, uncertain: 0, waiting: 1 });
  expect((await ask(`${api()}/causes?by=code`)).body).toMatchObject({
    by: 'code',
    causes: expect.arrayContaining([{ state: 'failed', value: '552', smtp_code: 552, rows: 1 }]),
  });
  expect((await ask(`${api()}/retry`, 'POST', { code: 550 })).body).toMatchObject({ rows: 0 });
  expect((await ask(`${api()}/retry`, 'POST', { code: 552, domain: 'EXAMPLE.org' })).body).toMatchObject({
    rows: 1,
  });
  for (const [to, method, body, status] of [
    [`${api()}/causes?by=colour`, 'GET', undefined, 400],
    [`${api()}/retry`, 'POST', { code: 'x' }, 400],
    [`${api()}/pause`, 'POST', { code: 550 }, 400],
    ['/api/v1/admin/editions/999999', 'GET', undefined, 404],
    ['/api/v1/admin/editions/999999/retry', 'POST', undefined, 404],
    ['/api/v1/admin/editions/0/pause', 'POST', undefined, 404],
    ['/api/v1/admin/editions?limit=0', 'GET', undefined, 400],
  ] as const)
    expect([to, (await ask(to, method, body)).status]).toEqual([to, status]);
});

test('withdrawn by button, for good', async () => {
  const $ = await press(await open(), /^Withdraw$/, { sure: 'yes' });
  expect($('[role=status]').text()).toMatch(/^Withdrawn\. 2 mails cancelled\.$/);
  expect($('main form')).toHaveLength(0);
  expect((await fetch(`${day.web.url}${api()}/resume`, { method: 'POST', headers: bearer })).status).toBe(
    409,
  );
  expect(await proof()).toMatchObject({ cancelled: 2, waiting: 0, holds: true });
});
