import { z } from 'zod';

/** What the operator's part of the API is sent and answers; the handlers are those of src/web/admin/api.ts. */

const countOut = z.int().min(0);

export const proofSchema = z
  .strictObject({
    id: z.int().meta({ description: 'Number of the edition.' }),
    cadence: z.enum(['daily', 'weekly', 'sample']),
    date: z.string().meta({ format: 'date', description: 'Weekly: the Monday of its week.' }),
    state: z.enum(['ready', 'paused', 'withdrawn', 'closed']).meta({
      description: 'Closed: its deliveries were dropped, and only their counts remain.',
    }),
    planned: countOut,
    sent: countOut,
    skipped: countOut,
    failed: countOut,
    uncertain: countOut.meta({ description: 'The connection died when the server may have taken the mail.' }),
    waiting: countOut,
    expired: countOut,
    cancelled: countOut,
    holds: z.boolean().meta({ description: 'Whether planned is the sum of all others.' }),
  })
  .meta({ description: 'An edition with the ledger’s proof: who got it and who did not.' });

export const proofListSchema = z
  .strictObject({ editions: z.array(proofSchema) })
  .meta({ description: 'Editions with their proofs, newest first.' });

const CAUSE_KEYS = ['reason', 'code', 'domain', 'server'] as const;

export const causesQuerySchema = z.strictObject({
  by: z.enum(CAUSE_KEYS).default('reason').meta({ description: 'What deliveries are grouped by.' }),
});

export const proofsQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(30).meta({ description: 'Editions, at most.' }),
});

export const causesSchema = z
  .strictObject({
    by: z.enum(CAUSE_KEYS),
    causes: z.array(
      z.strictObject({
        state: z.string(),
        value: z.string().nullable().meta({ description: 'Null: none was written down.' }),
        smtp_code: z.int().nullable(),
        rows: countOut,
      }),
    ),
  })
  .meta({ description: 'Why readers did not get an edition, the most frequent first.' });

/** Which deliveries are tried again: all that fit everything that is named. */
export const choiceBodySchema = z.strictObject({
  code: z.union([z.int().min(200).max(599), z.literal('none')]).optional(),
  domain: z.string().min(1).max(2000).optional(),
  server: z.string().min(1).max(2000).optional(),
  reason: z.string().min(1).max(2000).optional(),
});

export const actedSchema = z
  .strictObject({
    outcome: z.enum(['done', 'already']),
    rows: countOut.meta({ description: 'Deliveries that it changed.' }),
    too_late: countOut.meta({ description: 'Deliveries that fitted and stay as they are.' }),
  })
  .meta({ description: 'What came of it. Safe to repeat.' });
