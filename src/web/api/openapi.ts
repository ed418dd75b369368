import { z } from 'zod';
import { NAMED_SCHEMAS, type Operation, type SchemaName } from './operation.ts';
import { OPERATIONS } from './operations.ts';

/** A piece of JSON Schema 2020-12. */
export type JsonSchema = { [key: string]: unknown };

/** A parameter as the document and the page tell it. */
export interface Parameter {
  name: string;
  in: 'query' | 'path';
  required: boolean;
  description?: string;
  deprecated?: true;
  schema: JsonSchema;
}

const refTo = (name: string) => `#/components/schemas/${name}`;

/** A schema without what only speaks of how it was made. */
function tidy(schema: JsonSchema): JsonSchema {
  const { $schema: _, $id: __, ...rest } = schema;
  return rest;
}

/** Takes out the bounds that every whole number of JavaScript has. */
function dropBounds(schema: JsonSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

function componentsOf(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED_SCHEMAS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: refTo,
    override({ jsonSchema }) {
      // Answers may grow: what a schema does not name is not forbidden to be there one day.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      dropBounds(jsonSchema as JsonSchema);
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, tidy(schema as JsonSchema)]),
  );
}

/** The schema of an operation's body: what may be sent, before defaults fill it up. */
export function bodyOf({ body, notes = {} }: Operation): JsonSchema | null {
  if (!body) return null;
  const schema = tidy(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const told = properties.map(([name, field]) => [
    name,
    { ...field, ...(notes[name] && { description: notes[name] }) },
  ]);
  return { ...schema, properties: Object.fromEntries(told) };
}

/** The parameters of an operation, of its path first. */
export function parametersOf({ parts = {}, query }: Operation): Parameter[] {
  const ofPath = Object.entries(parts).map(
    ([name, { description, example, format }]): Parameter => ({
      name,
      in: 'path',
      required: true,
      description,
      schema: { type: 'string', ...(format && { format }), examples: [example] },
    }),
  );
  const ofQuery = Object.entries(query?.shape ?? {}).map(([name, field]): Parameter => {
    const parameter = field as z.ZodType;
    // As it is understood: a number is a number, though a query writes texts.
    const { description, deprecated, ...schema } = tidy(
      z.toJSONSchema(parameter, { io: 'output', unrepresentable: 'any' }) as JsonSchema,
    );
    return {
      name,
      in: 'query',
      required: !parameter.safeParse(undefined).success,
      ...(typeof description === 'string' && { description }),
      ...(deprecated === true && { deprecated: true }),
      schema,
    };
  });
  return [...ofPath, ...ofQuery];
}

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is not understood; `errors` names each parameter.',
  401: 'The admin token is missing or wrong.',
  404: 'There is no such thing here.',
  409: 'The edition was withdrawn.',
  413: 'The body is too large.',
  415: 'The body is of another type.',
  422: 'Fields cannot be used; `errors` points to each.',
  429: 'Too many wrong tokens; `Retry-After` says how long to wait.',
};

const contentOf = (type: string, schema: SchemaName | undefined) => ({
  [type]: { schema: schema ? { $ref: refTo(schema) } : { type: 'string' } },
});

function operationOf(operation: Operation) {
  const { id, tag, summary, description, secured, answer, problems } = operation;
  const body = bodyOf(operation);
  const parameters = parametersOf(operation);
  const problemResponses = problems.map((status) => [
    String(status),
    {
      description: PROBLEMS[status] ?? 'A fault.',
      content: contentOf('application/problem+json', 'Problem'),
    },
  ]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(secured && { security: [{ adminToken: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !operation.body?.safeParse({}).success,
        content: { 'application/json': { schema: body } },
      },
    }),
    responses: {
      [answer.status]: { description: answer.description, content: contentOf(answer.type, answer.schema) },
      ...(id === 'ready' && {
        503: { description: 'Something is missing.', content: contentOf(answer.type, answer.schema) },
      }),
      ...Object.fromEntries(problemResponses),
    },
  };
}

/** The OpenAPI 3.1 document of this service, made from the schemas that the handlers read by. */
export function makeOpenApi(site: { name: string; publicUrl: string }) {
  const paths: Record<string, Record<string, ReturnType<typeof operationOf>>> = {};
  for (const operation of OPERATIONS)
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationOf(operation) };
  return {
    openapi: '3.1.0',
    info: {
      title: `${site.name} API`,
      version: '1',
      description:
        'The papers and editions of this service, open to everyone, without a key; only what is under Operator asks for the ' +
        'admin token. Faults are problem details (RFC 9457). ' +
        'An unknown parameter is refused by name. Fields may be added; pass over those that you do not know.',
    },
    servers: [{ url: site.publicUrl }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: componentsOf(),
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer', description: 'The admin token of this service.' },
      },
    },
  };
}
