import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adminRoutes } from '../../src/web/admin/index.ts';
import { apiRoutes } from '../../src/web/api/index.ts';
import { NAMED_SCHEMAS, type Operation } from '../../src/web/api/operation.ts';
import { OPERATIONS } from '../../src/web/api/operations.ts';
import { exchangeRoutes } from '../../src/web/feeds/index.ts';
import { insertEdition, insertPaper, postJson, startTestWeb, type TestWeb } from './support.ts';

interface Content {
  [type: string]: { schema: object };
}
interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<
    string,
    Record<
      string,
      {
        responses: Record<string, { content: Content }>;
        parameters?: { name: string }[];
        security?: unknown;
      }
    >
  >;
  components: { schemas: Record<string, object> };
}

const TOKEN = 'test-admin-token-0123456789';
let web: TestWeb;
let document: Document;
let ajv: Ajv2020;
beforeAll(async () => {
  web = await startTestWeb({ adminToken: TOKEN });
  await insertPaper(web, {
    id: '2606.10651',
    day: '2026-06-10',
    keywords: ['reinforcement learning'],
    codeUrl: 'https://github.com/a/b',
    codeStars: 3,
    organisation: 'Lab',
    summary: 'Short.',
  });
  await insertPaper(web, { id: 'cs/0112017', day: '2026-06-10', authors: [], abstract: '' });
  await insertEdition(web, {
    cadence: 'daily',
    date: '2026-06-10',
    papers: ['2606.10651', 'cs/0112017'],
    more: 1,
  });
  await insertEdition(web, { cadence: 'weekly', date: '2026-06-08', papers: ['2606.10651'] });
  // The third, for the operator to withdraw.
  await insertEdition(web, { cadence: 'daily', date: '2026-06-09', papers: ['2606.10651'] });
  document = (await (await fetch(`${web.url}/api/openapi.json`)).json()) as Document;
  ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'document', ...document });
});
afterAll(() => web.close());

/** Holds an answer against the document: status, type, and every field. */
async function expectDocumented(operation: Operation, response: Response): Promise<unknown> {
  const told = document.paths[operation.path]?.[operation.method]?.responses[response.status];
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  expect(told?.content, `${operation.path} ${response.status} ${type}`).toHaveProperty([type]);
  const text = await response.text();
  if (!type.endsWith('json')) return text;
  const body: unknown = JSON.parse(text);
  const pointer = [
    'paths',
    operation.path,
    operation.method,
    'responses',
    String(response.status),
    'content',
    type,
    'schema',
  ]
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const valid = ajv.validate({ $ref: `document#/${pointer}` }, body);
  expect(valid ? [] : ajv.errors, `${operation.path} ${response.status}`).toEqual([]);
  return body;
}

const QUERIES: Record<string, string> = {
  q: 'paper',
  topic: 'reinforcement-learning',
  keyword: 'reinforcement learning',
};
const pathOf = (operation: Operation, parts: Record<string, string> = {}) =>
  operation.path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => parts[name] ?? operation.parts?.[name]?.example ?? '',
  );
const ask = (operation: Operation, path: string) =>
  operation.method === 'get'
    ? fetch(`${web.url}${path}`)
    : postJson(web, path, { email: 'reader@example.org', hour: 7, topics: ['robotics'] });

describe('the document', () => {
  test('is OpenAPI 3.1 by a validator of others', async () => {
    const result = await new Validator().validate({ ...structuredClone(document) });
    expect(result).toMatchObject({ valid: true });
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: 'http://papers.test' }]);
  });

  test('tells of every public route and of the operator’s, and of none that is not there', () => {
    const shape = (path: string) => path.replace(/[*:]\w+/g, '{}').replace(/\{\w*\}/g, '{}');
    const open = [...apiRoutes(web.context), ...exchangeRoutes(web.context)].filter(
      ({ audience }) => audience !== 'token',
    );
    const admin = adminRoutes(web.context).filter(({ path }) => path.startsWith('/api/'));
    const routes = [...open, ...admin]
      .map(({ path }) => shape(path))
      // The document and its page do not tell of themselves.
      .filter((path) => path !== '/api' && path !== '/api/openapi.json');
    const told = Object.keys(document.paths).map(shape);
    expect([...told].sort()).toEqual([...routes, '/healthz', '/readyz'].sort());
  });

  test('has a page that shows each operation and links to no empty place', async () => {
    const response = await fetch(`${web.url}/api`);
    const page = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    for (const { id, path, method } of OPERATIONS) {
      expect(page).toContain(`id="${id}"`);
      expect(page).toContain(`${method.toUpperCase()} ${path}`);
    }
    for (const [, anchor] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${anchor}"`);
    expect(page).not.toMatch(/undefined|\[object|NaN/);
  });
});

const OPEN = OPERATIONS.filter(({ secured }) => !secured);
const SECURED = OPERATIONS.filter(({ secured }) => secured);

describe('live answers agree with it', () => {
  test.each(OPEN.map((operation) => [operation.id, operation] as const))('%s', async (_, operation) => {
    const needed = operation.id.startsWith('cite_search') ? '?q=paper' : '';
    const response = await ask(operation, `${pathOf(operation)}${needed}`);
    expect(response.status).toBe(operation.answer.status);
    const body = await expectDocumented(operation, response);
    // Strict: a field that the document does not name is a mistake of ours.
    if (operation.answer.schema) NAMED_SCHEMAS[operation.answer.schema].parse(body);
  });

  test('with each parameter that it names', async () => {
    for (const operation of OPEN.filter(({ query }) => query)) {
      for (const name of Object.keys(operation.query?.shape ?? {})) {
        if (name === 'cursor') continue;
        const value = QUERIES[name] ?? { limit: '5', page: '1', cadence: 'daily' }[name] ?? '2026-06-10';
        const both = new URLSearchParams({
          ...(operation.id.startsWith('cite_search') && { q: 'paper' }),
          [name]: value,
        });
        const response = await ask(operation, `${pathOf(operation)}?${both}`);
        expect([operation.id, name, response.status]).toEqual([operation.id, name, 200]);
        await expectDocumented(operation, response);
      }
    }
  });

  test('what the operator asks, with the token and without', async () => {
    const path = (operation: Operation, edition: string) => `${web.url}${pathOf(operation, { id: edition })}`;
    for (const operation of SECURED) {
      const { method, id } = operation;
      const headers = { Authorization: `Bearer ${TOKEN}` };
      expect(document.paths[operation.path]?.[method]?.security, id).toEqual([{ adminToken: [] }]);
      const answer = await fetch(path(operation, '3'), { method, headers });
      expect([id, answer.status]).toEqual([id, 200]);
      const body = await expectDocumented(operation, answer);
      if (operation.answer.schema) NAMED_SCHEMAS[operation.answer.schema].parse(body);
      const refused = await fetch(path(operation, '3'), { method });
      expect([id, refused.status]).toEqual([id, 401]);
      await expectDocumented(operation, refused);
      if (!operation.parts?.id) continue;
      const missing = await fetch(path(operation, '999'), { method, headers });
      expect([id, missing.status]).toEqual([id, 404]);
      await expectDocumented(operation, missing);
    }
  });

  test('and each fault', async () => {
    for (const operation of OPEN) {
      if (operation.query) {
        const response = await ask(operation, `${pathOf(operation)}?colour=blue`);
        expect([operation.id, response.status]).toEqual([operation.id, 400]);
        const problem = await expectDocumented(operation, response);
        expect(problem).toMatchObject({
          errors: expect.arrayContaining([expect.objectContaining({ parameter: 'colour' })]),
        });
      }
      if (operation.parts) {
        const nowhere = { id: '2606.99999', date: '2026-06-01', week: '2026-W01' };
        const response = await ask(operation, pathOf(operation, nowhere));
        expect([operation.id, response.status]).toEqual([operation.id, 404]);
        await expectDocumented(operation, response);
      }
    }
    const subscribe = OPERATIONS.find(({ id }) => id === 'subscribe');
    if (!subscribe) throw new Error('There is no operation to subscribe.');
    for (const [body, status] of [
      ['{', 400],
      [{ email: 'nobody' }, 422],
      [{ email: 'a@example.org', colour: 'blue' }, 422],
      [{ email: 'a@example.org', topics: ['x'.repeat(70_000)] }, 413],
    ] as const) {
      const response = await postJson(web, subscribe.path, body);
      expect(response.status).toBe(status);
      await expectDocumented(subscribe, response);
    }
    const form = await fetch(`${web.url}${subscribe.path}`, {
      method: 'POST',
      body: new URLSearchParams({ email: 'a@b.c' }),
    });
    expect(form.status).toBe(415);
    await expectDocumented(subscribe, form);
  });
});
