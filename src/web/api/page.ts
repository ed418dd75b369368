import type { Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badParameters } from '../errors.ts';
import { page } from '../page.ts';
import { readQuery } from '../rules/query.ts';
import { bodyOf, type JsonSchema, makeOpenApi, parametersOf } from './openapi.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { noQuerySchema } from './schemas.ts';

/** `integer, 1 to 100`, `array of Paper`, `date or null`. */
export function typeInWords(schema: JsonSchema): string {
  if (typeof schema.$ref === 'string') return schema.$ref.split('/').at(-1) ?? '';
  if (Array.isArray(schema.anyOf))
    return schema.anyOf.map((one) => typeInWords(one as JsonSchema)).join(' or ');
  if (Array.isArray(schema.enum)) return schema.enum.join(' or ');
  if (schema.const !== undefined) return `"${String(schema.const)}"`;
  if (schema.type === 'array') return `list of ${typeInWords((schema.items ?? {}) as JsonSchema)}`;
  if (schema.type === 'integer' && typeof schema.minimum === 'number' && Number(schema.maximum) < 1e6)
    return `integer, ${schema.minimum} to ${String(schema.maximum)}`;
  return String(schema.format ?? schema.type ?? 'any');
}

const exampleOf = (schema: JsonSchema) =>
  Array.isArray(schema.examples) ? String(schema.examples[0]) : null;

/** A description without the marks of CommonMark, in which OpenAPI has it. */
const plain = (text: unknown) => (typeof text === 'string' ? text.replaceAll('`', '') : '');

/** A call that can be pasted into a terminal. */
function callOf(operation: Operation, publicUrl: string): string {
  const path = operation.path.replace(
    /\{(\w+)\}/g,
    (_, name: string) => operation.parts?.[name]?.example ?? '',
  );
  const needed = parametersOf(operation).filter(
    (parameter) => parameter.in === 'query' && parameter.required,
  );
  const query = new URLSearchParams(
    needed.map(({ name, schema }): [string, string] => [name, exampleOf(schema) ?? '']),
  );
  const address = `${publicUrl}${path}${needed.length > 0 ? `?${query}` : ''}`;
  const key = operation.secured ? ` -H 'Authorization: Bearer TOKEN'` : '';
  if (operation.method === 'get') return `curl${key} '${address}'`;
  if (operation.secured) return `curl -X POST${key} '${address}'`;
  return `curl -H 'Content-Type: application/json' -d '{"email":"reader@example.org"}' '${address}'`;
}

const fieldsOf = (schema: JsonSchema) => {
  const holder = (schema.type === 'array' ? schema.items : schema) as JsonSchema;
  return Object.entries((holder.properties ?? {}) as Record<string, JsonSchema>).map(([name, field]) => ({
    name,
    type: typeInWords(field),
    description: plain(field.description),
  }));
};

/** `/api`, for people, and `/api/openapi.json`, for programs: the same document. */
export function apiDocumentRoutes({ site }: WebContext): Route[] {
  const document = makeOpenApi(site);
  const groups = document.tags.map(({ name }) => ({
    name,
    operations: OPERATIONS.filter(({ tag }) => tag === name).map((operation) => ({
      id: operation.id,
      method: operation.method.toUpperCase(),
      path: operation.path,
      summary: operation.summary,
      description: plain(operation.description),
      call: callOf(operation, site.publicUrl),
      parameters: parametersOf(operation).map((parameter) => ({
        name: parameter.name,
        type: typeInWords(parameter.schema),
        required: parameter.required,
        deprecated: parameter.deprecated ?? false,
        description: plain(parameter.description),
        byDefault: parameter.schema.default === undefined ? null : String(parameter.schema.default),
      })),
      fields: fieldsOf(bodyOf(operation) ?? {}),
      status: operation.answer.status,
      type: operation.answer.type,
      schema: operation.answer.schema ?? null,
      problems: operation.problems.join(', '),
    })),
  }));
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => ({
    name,
    description: plain(schema.description),
    fields: fieldsOf(schema),
  }));
  return [
    {
      path: '/api',
      audience: 'public',
      get: () =>
        page(
          'api',
          { title: 'API', path: '/api', banner: false },
          { groups, schemas, intro: document.info.description },
        ),
    },
    {
      path: '/api/openapi.json',
      audience: 'public',
      get(request) {
        const reading = readQuery(noQuerySchema, request.query);
        return reading.ok ? { kind: 'json', body: document } : badParameters(reading.errors);
      },
    },
  ];
}
