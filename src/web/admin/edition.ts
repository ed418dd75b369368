import {
  countCauses,
  type Delivery,
  type EditionProof,
  listDeliveries,
  type State,
  verify,
} from '../../deliveries/index.ts';
import { type Cadence, findEdition } from '../../editions/index.ts';
import type { Db } from '../../platform/index.ts';
import type { Answer } from '../answers.ts';
import type { WebContext } from '../context.ts';
import { badRequest, notFound } from '../errors.ts';
import { page } from '../page.ts';
import { editionHref } from '../rules/edition-names.ts';
import { formKey, sayActed } from './rules/act.ts';
import { viewCauses } from './rules/causes-view.ts';
import { readDeliveryQuery, readId, STATES, writeDeliveryQuery } from './rules/delivery-query.ts';
import { COUNT_NAMES, viewProof } from './rules/proof-view.ts';
import { nameEdition, thousands, toMoment } from './rules/words.ts';

const PAGE_DELIVERIES = 100;

/** Kinds of causes that are named; a flood of different ones is in the list below them, and in the command's. */
const CAUSES_SHOWN = 20;

/** Why readers did not get it: every row counted. */
async function readCauses(db: Db, editionId: number) {
  const read = async (by: 'reason' | 'domain' | 'server') => {
    const causes = await countCauses(db, editionId, by, CAUSES_SHOWN + 1);
    return { rows: viewCauses(causes.slice(0, CAUSES_SHOWN), by), cut: causes.length > CAUSES_SHOWN };
  };
  const [reasons, domains, servers] = await Promise.all([read('reason'), read('domain'), read('server')]);
  return [
    { name: 'By reason', ...reasons },
    { name: 'By receiving domain', ...domains },
    { name: 'By server', ...servers },
  ].filter((group) => group.rows.length > 0);
}

const viewDelivery = (row: Delivery) => ({
  id: row.id,
  email: row.email,
  subscriberId: row.subscriberId,
  state: row.state,
  bad: row.state === 'failed' || row.state === 'uncertain',
  reason: row.reason,
  reply: row.smtpReply,
  server: row.server,
  attempts: row.attempts,
  at: toMoment(row.settledAt ?? row.dueAt),
  settled: row.settledAt !== null,
});

/** Links to the deliveries of each state that has some; the waiting ones are told apart only by asking. */
const viewFilters = (proof: EditionProof, href: string, chosen: State | undefined) =>
  [undefined, ...STATES]
    .filter((state) => {
      if (state === undefined || state === chosen) return true;
      return state === 'planned' || state === 'queued' || state === 'sending'
        ? proof.waiting > 0
        : proof[state] > 0;
    })
    .map((state) => ({
      name: state ?? 'all',
      href: `${href}${writeDeliveryQuery(state ? { state } : {})}`,
      current: state === chosen,
    }));

/** An edition's proof, who did not get it and why, and its deliveries: newest first, a hundred a page. */
export async function showEdition(
  { db, adminToken = '' }: WebContext,
  idText: string,
  query: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const editionId = readId(idText);
  const [proof] = editionId === undefined ? [] : await verify(db, { editionId });
  if (!proof || editionId === undefined) return notFound('There is no edition of this number.');
  const asked = readDeliveryQuery(query);
  if ('fault' in asked) return badRequest(asked.fault);
  // One more than is shown tells whether there are older ones.
  const [found, causes, edition] = await Promise.all([
    listDeliveries(db, { editionId, ...asked, limit: PAGE_DELIVERIES + 1 }),
    readCauses(db, editionId),
    findEdition(db, proof.cadence as Cadence, proof.issueDate),
  ]);
  const rows = found.slice(0, PAGE_DELIVERIES);
  const last = rows.at(-1);
  const older = last && found.length > rows.length ? writeDeliveryQuery({ ...asked, before: last.id }) : null;
  const href = `/admin/editions/${editionId}`;
  const words = nameEdition(proof.cadence, proof.issueDate);
  return page(
    'admin-edition',
    { title: `${words.kind} edition, ${words.name}`, path: '/admin/editions/:id', banner: false },
    {
      ...words,
      id: editionId,
      subject: edition?.subject ?? null,
      opened: edition && toMoment(edition.openedAt),
      // Sample editions have no page of their own.
      publicHref: edition && edition.cadence !== 'sample' ? editionHref(edition) : null,
      proof: viewProof(proof),
      columns: COUNT_NAMES,
      ledgerState: proof.state,
      waiting: proof.waiting > 0 ? thousands(proof.waiting) : null,
      formKey: formKey(adminToken, editionId),
      said: sayActed(query),
      causes,
      filters: viewFilters(proof, href, asked.state),
      state: asked.state ?? null,
      deliveries: rows.map(viewDelivery),
      older: older && `${href}${older}`,
      newest:
        asked.before === undefined
          ? null
          : `${href}${writeDeliveryQuery(asked.state ? { state: asked.state } : {})}`,
    },
  );
}
