import { findDelivery } from '../deliveries/index.ts';
import { loadEdition, type Piece, printDigest } from '../editions/index.ts';
import type { Db } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import { readContents } from './rules/held.ts';

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
  const { papers, reasons, fullAbstracts, subscriberId } = delivery;
  const slots = {
    unsubscribe_url: links.url('unsubscribe', subscriberId),
    preferences_url: links.url('preferences', subscriberId),
    read_url: links.url('read', delivery.id),
    vote_url: links.url('vote', subscriberId),
    email: delivery.email ?? '',
  };
  const contents = readContents({ papers, reasons, fullAbstracts: fullAbstracts ?? 0 });
  return printDigest(edition, contents, slots, format);
}
