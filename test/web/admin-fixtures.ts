import { type App, createApp } from '../../src/app.ts';
import { createLog } from '../../src/platform/index.ts';
import { defaultPreferences, subscribe, unsubscribeByEmail } from '../../src/subscribers/index.ts';
import { startWeb, type WebServer } from '../../src/web/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { addReader, drain, papersOf, tickAll } from '../support/day.ts';

/** The token that `startTestApp` sets. */
export const TOKEN = 'test-admin-token-0123456789';

export const HOSTILE_REPLY = '550 5.1.1 <script>alert(1)</script> "no" such user </bdi></table>';

/** The whole app after a day on which not everything went well, and its site. */
export interface AfterADay {
  app: TestApp;
  web: WebServer;
  editionId: number;
  /** Another process's sender, for whom no server rests; it ends with the rest. */
  anotherSender(): Promise<App>;
  end(): Promise<void>;
}

/**
 * Seven readers: ada and max get the digest, bob's server refuses him with markup, carol's drops the connection after DATA, dan
 * left in between, eve's asks to come back later, and fay has chosen an hour that is still to come. Gus never confirmed.
 */
export async function liveADay(): Promise<AfterADay> {
  const app = await startTestApp({ now: new Date('2026-06-10T09:00Z'), days: papersOf('2026-06-10') });
  try {
    app.sink.behave({
      rcpt: (address) => (address.startsWith('bob@') ? HOSTILE_REPLY : undefined),
      data: (address) =>
        address.startsWith('carol@')
          ? 'drop'
          : address.startsWith('eve@')
            ? '451 4.3.0 Come back later'
            : undefined,
    });
    for (const name of ['ada', 'max', 'bob', 'carol', 'dan', 'eve'])
      await addReader(app, `${name}@example.org`);
    await addReader(app, 'fay@example.org', { hour: 20 });
    await subscribe(app, {
      email: 'gus@example.org',
      preferences: defaultPreferences,
      wording: 'test',
      page: 'test',
    });
    app.clock.set(new Date('2026-06-11T02:05Z'));
    await tickAll(app);
    await unsubscribeByEmail(app, 'dan@example.org', { page: 'test' });
    app.clock.set(new Date('2026-06-11T07:00Z'));
    await drain(app);
    const [edition] = await app.db.query<{ id: number }>('test-edition', 'select id from editions');
    const web = await startWeb(app);
    let other: Promise<App> | undefined;
    return {
      app,
      web,
      editionId: edition?.id ?? 0,
      anotherSender() {
        other ??= createApp({ config: app.config, clock: app.clock, log: createLog('silent') });
        return other;
      },
      async end() {
        await (await other)?.close();
        await web.close();
        await app.end();
      },
    };
  } catch (error) {
    await app.end();
    throw error;
  }
}
