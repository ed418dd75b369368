import { leaveOut, select } from '../deliveries/index.ts';
import {
  compileNotice,
  type Edition,
  loadEdition,
  type NoticeName,
  type Site,
  type SlotValues,
} from '../editions/index.ts';
import type { Db } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import {
  digestPieces,
  type EncodedEdition,
  encodeEdition,
  encodeNotice,
  joinMessage,
} from './rules/compose.ts';
import { encodeText, listHeaders, messageHeaders, renderHeaders } from './rules/headers.ts';

/** Who mail comes from, and what its links start with. */
export interface Sender {
  site: Site;
  links: Links;
  from: { name: string; address: string };
  mailDomain: string;
}

/** A reader's digest: which delivery of which edition to whom. */
export interface DigestOrder {
  deliveryId: number;
  messageId: string;
  subscriberId: number;
  email: string;
  maxPapers: number | null;
  /** Papers that this reader does not get again (default: none). */
  had?: readonly string[];
}

/** A message ready for the wire. */
export interface Composed {
  bytes: Buffer;
  /** Ids of the papers in it, in order; empty for a notice. */
  papers: string[];
}

/** Editions held encoded: today's of each cadence, and those that are still being retried. */
const EDITIONS_KEPT = 6;

interface Prepared {
  edition: Edition;
  encoded: EncodedEdition;
  subject: string;
}

/** Composes messages; what is the same for all readers of an edition is made once and kept. */
export interface Mailroom {
  /** Null when the edition is gone. */
  composeDigest(db: Db, editionId: number, order: DigestOrder, now: Date): Promise<Composed | null>;
  composeConfirmation(
    order: Omit<DigestOrder, 'maxPapers'> & { requestId: number },
    now: Date,
  ): Promise<Composed>;
  /** The link that shows who holds the mailbox; `requestId` is the proof's. */
  composeProof(order: Omit<DigestOrder, 'maxPapers'> & { requestId: number }, now: Date): Promise<Composed>;
}

const subjectColumn = 'Subject: '.length;

/** One mailroom for each process. */
export function createMailroom(sender: Sender): Mailroom {
  const prepared = new Map<number, Promise<Prepared | null>>();
  const notices = new Map<NoticeName, ReturnType<typeof prepareNotice>>();

  async function prepare(db: Db, editionId: number): Promise<Prepared | null> {
    const edition = await loadEdition(db, editionId);
    return (
      edition && {
        edition,
        encoded: encodeEdition(edition),
        subject: encodeText(edition.subject, subjectColumn),
      }
    );
  }

  async function prepareNotice(name: NoticeName) {
    const notice = await compileNotice(name, sender.site);
    return { pieces: encodeNotice(notice), subject: encodeText(notice.subject, subjectColumn) };
  }

  function preparedNotice(name: NoticeName) {
    let found = notices.get(name);
    if (!found) {
      found = prepareNotice(name);
      // What failed is tried again.
      found.catch(() => notices.delete(name));
      notices.set(name, found);
    }
    return found;
  }

  async function composeNotice(
    name: NoticeName,
    feedbackId: string,
    order: Omit<DigestOrder, 'maxPapers'>,
    values: SlotValues,
    now: Date,
  ): Promise<Composed> {
    const { pieces, subject } = await preparedNotice(name);
    const headers = messageHeaders(
      { from: sender.from, to: order.email, messageId: order.messageId, date: now },
      subject,
      feedbackId,
    );
    const bytes = joinMessage(renderHeaders(headers), [pieces], { ...values, email: order.email });
    return { bytes, papers: [] };
  }

  function preparedEdition(db: Db, editionId: number): Promise<Prepared | null> {
    let found = prepared.get(editionId);
    if (!found) {
      found = prepare(db, editionId);
      // What failed or was not there is asked for again.
      found.then(
        (value) => value ?? prepared.delete(editionId),
        () => prepared.delete(editionId),
      );
      prepared.set(editionId, found);
      for (const oldest of prepared.keys()) {
        if (prepared.size <= EDITIONS_KEPT) break;
        prepared.delete(oldest);
      }
    }
    return found;
  }

  return {
    async composeDigest(db, editionId, order, now) {
      const found = await preparedEdition(db, editionId);
      if (!found) return null;
      const { edition, encoded, subject } = found;
      const cards = select(
        leaveOut(encoded.cards, order.had ?? []),
        order.maxPapers,
      ) as EncodedEdition['cards'];
      const moreCount = edition.moreCount + encoded.cards.length - cards.length;
      const { links, mailDomain, site } = sender;
      const unsubscribeToken = links.token('unsubscribe', order.subscriberId);
      const unsubscribeUrl = links.urlOf('unsubscribe', unsubscribeToken);
      const headers = [
        ...messageHeaders(
          { from: sender.from, to: order.email, messageId: order.messageId, date: now },
          subject,
          `${edition.issueDate}:${edition.cadence}:digest:paperboy`,
        ),
        ...listHeaders({
          name: `${site.name} papers`,
          label: edition.cadence,
          mailDomain,
          publicUrl: site.publicUrl,
          unsubscribeUrl,
          unsubscribeMailbox: `unsubscribe+${unsubscribeToken}@${mailDomain}`,
        }),
      ];
      const bytes = joinMessage(renderHeaders(headers), digestPieces(encoded, cards, moreCount > 0), {
        unsubscribe_url: unsubscribeUrl,
        preferences_url: links.url('preferences', order.subscriberId),
        read_url: links.url('read', order.deliveryId),
        more_count: moreCount,
        email: order.email,
      });
      return { bytes, papers: cards.map((card) => card.paperId) };
    },

    composeConfirmation(order, now) {
      const values = { confirm_url: sender.links.url('confirm', order.requestId) };
      return composeNotice('confirm', 'confirmation:signup:notice:paperboy', order, values, now);
    },

    composeProof(order, now) {
      const values = { proof_url: sender.links.url('proof', order.requestId) };
      return composeNotice('proof', 'proof:mailbox:notice:paperboy', order, values, now);
    },
  };
}
