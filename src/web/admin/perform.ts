import type { Request } from 'express';
import { cancelEdition, pauseEdition, resumeEdition, sendAgain, verify } from '../../deliveries/index.ts';
import type { Answer } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest, forbidden, notFound } from '../errors.ts';
import {
  type Act,
  type ActChoice,
  type Acted,
  isFormKey,
  readAct,
  readActChoice,
  writeActed,
} from './rules/act.ts';
import { readId } from './rules/delivery-query.ts';

// Who the audit names: there is one token, and so one operator.
const ACTOR = 'operator';

const CONTROLS = { pause: pauseEdition, resume: resumeEdition, cancel: cancelEdition };

/** Does it, and asks for dispatching where there is something to send. Safe to repeat. */
export async function perform(
  { db, clock, knock }: WebContext,
  editionId: number,
  act: Act,
  choice: ActChoice,
): Promise<Acted> {
  if (act === 'retry' || act === 'resend') {
    if ((await verify(db, { editionId })).length === 0) return { outcome: 'unknown', rows: 0, tooLate: 0 };
    const counts = await sendAgain({ db, clock }, act, { ...choice, editionId }, ACTOR);
    if (counts.rows > 0) knock();
    return { outcome: 'done', ...counts };
  }
  const done = await CONTROLS[act]({ db, clock }, editionId, ACTOR);
  if (act === 'resume' && done.outcome === 'done') knock();
  return { ...done, tooLate: 0 };
}

const NO_EDITION = 'There is no edition of this number.';

/** A button of an edition's page: acts, then leads back to it, so that loading it again repeats nothing. */
export async function postEdition(context: WebContext, request: Request): Promise<Answer> {
  const editionId = readId(String(request.params.id));
  if (editionId === undefined) return notFound(NO_EDITION);
  const body: Record<string, unknown> = request.body ?? {};
  if (!isFormKey(body.form, context.adminToken ?? '', editionId))
    return forbidden(
      'This form was not made by the page of that edition. Open the page and press its button.',
    );
  const act = readAct(body.act);
  const asked = readActChoice(body);
  if (!act) return badRequest('The form names no act that is known.');
  if ('fault' in asked) return badRequest(asked.fault);
  if (act === 'cancel' && body.sure !== 'yes')
    return badRequest(
      'Withdrawing cannot be undone: tick the box beside the button to say that you mean it.',
    );
  const acted = await perform(context, editionId, act, asked.choice);
  if (acted.outcome === 'unknown') return notFound(NO_EDITION);
  const base = new URL(context.config.publicUrl).pathname.replace(/\/$/, '');
  return { kind: 'redirect', to: `${base}/admin/editions/${editionId}${writeActed(act, acted)}` };
}
