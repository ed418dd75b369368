import type { Request } from 'express';
import { CAUSE_KEYS, countCauses, type EditionProof, verify } from '../../deliveries/index.ts';
import type { Answer, Handler, Route } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import { countParameter } from '../rules/json.ts';
import { perform } from './perform.ts';
import { ACTS, type Act, readActChoice } from './rules/act.ts';
import { readId } from './rules/delivery-query.ts';

const LIMIT_MAX = 1_000;
const LIMIT_DEFAULT = 30;

const proofJson = ({ editionId, issueDate, ...counts }: EditionProof) => ({
  id: editionId,
  date: issueDate,
  ...counts,
});

const NO_EDITION = 'There is no edition of this number.';

/**
 * What the operator's pages do, for programs. The token comes as `Authorization: Bearer`, which no browser adds by itself.
 *
 * @param gate - lets a request through with the token
 */
export function adminApi(context: WebContext, gate: (handler: Handler) => Handler): Route[] {
  const { db } = context;
  const proofOf = async (request: Request): Promise<EditionProof | undefined> => {
    const editionId = readId(String(request.params.id));
    return editionId === undefined ? undefined : (await verify(db, { editionId }))[0];
  };
  const root = '/api/v1/admin/editions';
  return [
    {
      path: root,
      audience: 'token',
      get: gate(async (request): Promise<Answer> => {
        const limit = countParameter(request.query.limit, LIMIT_MAX, LIMIT_DEFAULT);
        if (limit === undefined) return badRequest(`"limit" is 1 to ${LIMIT_MAX}.`);
        return { kind: 'json', body: { editions: (await verify(db, { latest: limit })).map(proofJson) } };
      }),
    },
    {
      path: `${root}/:id`,
      audience: 'token',
      get: gate(async (request): Promise<Answer> => {
        const proof = await proofOf(request);
        return proof ? { kind: 'json', body: proofJson(proof) } : notFound(NO_EDITION);
      }),
    },
    {
      path: `${root}/:id/causes`,
      audience: 'token',
      get: gate(async (request): Promise<Answer> => {
        const by = CAUSE_KEYS.find((key) => key === (request.query.by ?? 'reason'));
        if (!by) return badRequest(`"by" is one of ${CAUSE_KEYS.join(', ')}.`);
        const proof = await proofOf(request);
        if (!proof) return notFound(NO_EDITION);
        const causes = await countCauses(db, proof.editionId, by);
        const body = {
          by,
          causes: causes.map(({ smtpCode, ...cause }) => ({ ...cause, smtp_code: smtpCode })),
        };
        return { kind: 'json', body };
      }),
    },
    ...ACTS.map(
      (act): Route => ({
        path: `${root}/:id/${act}`,
        audience: 'token',
        body: 'json',
        post: gate((request) => post(context, request, act)),
      }),
    ),
  ];
}

async function post(context: WebContext, request: Request, act: Act): Promise<Answer> {
  const asked = readActChoice(request.body);
  if ('fault' in asked) return badRequest(asked.fault);
  if ((act === 'pause' || act === 'resume' || act === 'cancel') && Object.keys(asked.choice).length > 0)
    return badRequest(`“${act}” takes no body; it is the whole edition.`);
  const editionId = readId(String(request.params.id));
  const acted = editionId === undefined ? undefined : await perform(context, editionId, act, asked.choice);
  if (!acted || acted.outcome === 'unknown') return notFound(NO_EDITION);
  if (acted.outcome === 'withdrawn')
    return conflict('This edition was withdrawn, and what was cancelled stays so.');
  return { kind: 'json', body: { outcome: acted.outcome, rows: acted.rows, too_late: acted.tooLate } };
}
