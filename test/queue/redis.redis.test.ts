import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { tellStories } from './stories.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());
beforeEach(() => redis.wipe());

tellStories({ name: 'redis', settings: () => ({ REDIS_URL: redis.url }), wipe: () => redis.wipe() });
