import { tellStories } from './stories.ts';

tellStories({
  name: 'postgres',
  settings: () => ({}),
  async wipe(app) {
    const tables = await app.db.query<{ name: string }>(
      'test-tables',
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = 'bullmq' and tablename not like '%migration%'`,
    );
    await app.db.query('test-wipe', `truncate ${tables.map((table) => table.name).join(', ')} cascade`);
  },
});
