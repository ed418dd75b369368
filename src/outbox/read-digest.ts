import { findDelivery, select } from '../deliveries/index.ts';
import { fillPiece, loadEdition, type Piece } from '../editions/index.ts';
import type { Db } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';

/**
 * A reader's digest as it was mailed, for the browser.
 *
 * @param format - default: html
 * @returns null when there is no such digest (yet, or any more)
 */
export async function readDigest(
  { db, links }: { db: Db; links: Links },
  deliveryId: number,
  format: Piece['format'] = 'html',
): Promise<string | null> {
  const delivery = await findDelivery(db, deliveryId);
  if (!delivery?.editionId || !delivery.papers) return null;
  const edition = await loadEdition(db, delivery.editionId);
  if (!edition) return null;
  const mailed = new Set(delivery.papers);
  const cards = select(edition.cards, null).filter((card) => mailed.has(card.paperId));
  const moreCount = edition.moreCount + edition.cards.length - cards.length;
  const values = {
    unsubscribe_url: links.url('unsubscribe', delivery.subscriberId),
    preferences_url: links.url('preferences', delivery.subscriberId),
    read_url: links.url('read', delivery.id),
    more_count: moreCount,
    email: delivery.email ?? '',
  };
  return [edition.head, ...cards, ...(moreCount > 0 ? [edition.more] : []), edition.foot]
    .map((pieces) => fillPiece(pieces[format], values))
    .join('');
}
