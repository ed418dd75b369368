import type { z } from 'zod';
import { actedSchema, causesSchema, proofListSchema, proofSchema } from './admin-schemas.ts';
import {
  cslSchema,
  editionDetailSchema,
  editionListSchema,
  editionSchema,
  healthSchema,
  jsonFeedSchema,
  paperDetailSchema,
  paperListSchema,
  paperSchema,
  problemSchema,
  subscriptionAnswerSchema,
} from './schemas.ts';

/** Schemas that have a name in the document. */
export const NAMED_SCHEMAS = {
  Paper: paperSchema,
  PaperDetail: paperDetailSchema,
  PaperList: paperListSchema,
  Edition: editionSchema,
  EditionDetail: editionDetailSchema,
  EditionList: editionListSchema,
  SubscriptionAnswer: subscriptionAnswerSchema,
  JsonFeed: jsonFeedSchema,
  CslJson: cslSchema,
  Health: healthSchema,
  EditionProof: proofSchema,
  EditionProofList: proofListSchema,
  Causes: causesSchema,
  Acted: actedSchema,
  Problem: problemSchema,
} as const satisfies Record<string, z.ZodType>;
export type SchemaName = keyof typeof NAMED_SCHEMAS;

/** One thing that can be asked, as the document and the page tell it. */
export interface Operation {
  id: string;
  tag: 'Papers' | 'Editions' | 'Subscriptions' | 'Feeds' | 'Citations' | 'Health' | 'Operator';
  method: 'get' | 'post';
  /** Asks for the admin token as a bearer token. */
  secured?: true;
  /** With `{name}` for its parts; Express' own pattern is in the route. */
  path: string;
  summary: string;
  description?: string;
  /** The schemas that the handler reads by. */
  query?: z.ZodObject;
  parts?: Record<string, { description: string; example: string; format?: string }>;
  body?: z.ZodType;
  /** What the fields of the body mean, by name. */
  notes?: Record<string, string>;
  /** What comes when all is well: one of the named schemas, or text. */
  answer: { status: number; type: string; schema?: SchemaName; description: string };
  /** Statuses that come with problem details. */
  problems: number[];
}

export const JSON_TYPE = 'application/json';
