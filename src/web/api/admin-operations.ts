import { causesQuerySchema, choiceBodySchema, proofsQuerySchema } from './admin-schemas.ts';
import { JSON_TYPE, type Operation } from './operation.ts';

const edition = { description: 'Number of the edition.', example: '1' };
const adminRoot = '/api/v1/admin/editions';
const secured = { tag: 'Operator', secured: true, parts: { id: edition } } as const;

const ACTS = [
  ['pause', 'Send nothing more of an edition until it is resumed'],
  ['resume', 'Go on with a paused edition'],
  ['cancel', 'Withdraw an edition for good; what was not sent is cancelled'],
  ['retry', 'Plan failed mails again, with the same Message-ID'],
  ['resend', 'Plan uncertain mails again, with the same Message-ID'],
] as const;

/** What the operator may ask and do, with the admin token. */
export const ADMIN_OPERATIONS: readonly Operation[] = [
  {
    ...secured,
    id: 'list_proofs',
    method: 'get',
    path: adminRoot,
    summary: 'Editions, and who got them',
    query: proofsQuerySchema,
    parts: {},
    answer: { status: 200, type: JSON_TYPE, schema: 'EditionProofList', description: 'The editions.' },
    problems: [400, 401, 429],
  },
  {
    ...secured,
    id: 'get_proof',
    method: 'get',
    path: `${adminRoot}/{id}`,
    summary: 'One edition, and who got it',
    answer: { status: 200, type: JSON_TYPE, schema: 'EditionProof', description: 'The edition.' },
    problems: [401, 404, 429],
  },
  {
    ...secured,
    id: 'get_causes',
    method: 'get',
    path: `${adminRoot}/{id}/causes`,
    summary: 'Why readers did not get an edition',
    query: causesQuerySchema,
    answer: { status: 200, type: JSON_TYPE, schema: 'Causes', description: 'Each cause, counted.' },
    problems: [400, 401, 404, 429],
  },
  ...ACTS.map(
    ([act, summary]): Operation => ({
      ...secured,
      id: `${act}_edition`,
      method: 'post',
      path: `${adminRoot}/{id}/${act}`,
      summary,
      ...((act === 'retry' || act === 'resend') && {
        body: choiceBodySchema,
        notes: {
          code: 'Only those that a server answered with this SMTP code; none: those without one.',
          domain: 'Only those to this receiving domain.',
          server: 'Only those that this server was asked to take.',
          reason: 'Only those with this reason.',
        },
      }),
      answer: { status: 200, type: JSON_TYPE, schema: 'Acted', description: 'What came of it.' },
      problems: [400, 401, 404, 409, 413, 415, 429],
    }),
  ),
];
