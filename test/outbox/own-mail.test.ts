import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTransport } from '../../src/outbox/index.ts';
import { startTestApp } from '../support/app.ts';
import { addReader, drain, papersOf, tally, tickAll } from '../support/day.ts';

const LINK = /\/(unsubscribe|preferences|vote|read)\/([A-Za-z0-9_-]{28})/g;

test('messages share memory one after the other, and each reader gets their own, whatever the server does to the others', async () => {
  const app = await startTestApp({
    now: new Date('2026-06-10T12:00Z'),
    days: papersOf('2026-06-10', 30),
    settings: { EDITION_SIZE: '30', UNCERTAIN: 'resend' },
  });
  let closeFirst = async () => {};
  try {
    await tickAll(app);
    const idOf = new Map<string, number>();
    for (let n = 0; n < 80; n += 1) {
      const email = `reader${n}@example.org`;
      idOf.set(email, await addReader(app, email, { maxPapers: 1 + ((n * 7) % 30) }));
    }
    await drain(app);
    app.sink.clear();
    app.clock.set(new Date('2026-06-11T02:05Z'));
    await tickAll(app);
    const answered = new Set<string>();
    app.sink.behave({
      hold: (address) => delay(address.length % 3),
      data(address) {
        if (answered.has(address)) return undefined;
        answered.add(address);
        const n = idOf.get(address) ?? 0;
        return n % 20 === 0 ? 'drop' : n % 4 === 0 ? '452 4.2.2 mailbox full' : undefined;
      },
    });
    const transport = createTransport({
      servers: [{ host: '127.0.0.1', port: app.sink.port, secure: false, weight: 1, pool: 5 }],
      name: 'papers.example.org',
      production: false,
      restMs: 0,
      log: app.log,
    });
    closeFirst = () => transport.close();
    const context = { ...(await app.sending()), transport };
    // Whom nobody took is due again within a minute, who was put off within hours.
    for (let round = 0; round < 40; round += 1) {
      app.clock.set(new Date(Date.parse('2026-06-11T07:00Z') + round * (round < 20 ? 60_000 : 600_000)));
      await drain({ ...app, sending: async () => context });
      if ((await tally(app)).sent === 80) break;
    }
    expect(await tally(app)).toEqual({ sent: 80 });
    expect(new Set(app.sink.received.map(({ to }) => to[0])).size).toBe(80);
    for (const { to, raw, parsed } of app.sink.received) {
      const [address = ''] = to;
      expect(raw.toString('latin1')).toContain(`\r\nTo: <${address}>\r\n`);
      const text = `${parsed.text}${parsed.html}`;
      const links = [...text.matchAll(LINK)];
      expect(new Set(links.map(([, purpose]) => purpose)).size).toBe(4);
      for (const [, purpose, token] of links)
        if (purpose !== 'read')
          expect(app.links.read(purpose as 'vote', token ?? ''), purpose).toBe(idOf.get(address));
      expect(parsed.text).toContain(`You get this because ${address} subscribed`);
      expect(parsed.html).toMatch(/<\/html>\s*$/);
    }
  } finally {
    await closeFirst();
    await app.end();
  }
});
