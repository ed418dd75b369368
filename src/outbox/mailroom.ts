import { leaveOut, select } from '../deliveries/index.ts';
import {
  type Abstracts,
  type Contents,
  compileNotice,
  type Edition,
  layOut,
  loadEdition,
  type NoticeName,
  type Site,
  type SlotValues,
} from '../editions/index.ts';
import type { Selection } from '../interests/index.ts';
import type { Db } from '../platform/index.ts';
import type { Links } from '../subscribers/index.ts';
import { createLoopShare } from './loop-share.ts';
import { digestPieces, type EncodedEdition, encodeEdition, encodeNotice } from './rules/compose.ts';
import { DIGEST_BYTES_MAX, fitCards } from './rules/fit.ts';
import { encodeText, listHeaders, messageHeaders, renderHeaders } from './rules/headers.ts';
import { joinMessage, type Memo, newMemo } from './rules/join-message.ts';
import { createSheets } from './sheets.ts';

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
  /** Default: short. */
  abstracts?: Abstracts;
  /** Papers that this reader does not get again (default: none). */
  had?: readonly string[];
  /** Chosen for this reader; absent: the edition's own cards, but for `had`. */
  selection?: Selection;
  /** Exactly this, whatever the rest says; absent: chosen as above. */
  contents?: Contents;
}

type NoticeOrder = Pick<DigestOrder, 'deliveryId' | 'messageId' | 'subscriberId' | 'email'> & {
  requestId: number;
};

/** A message ready for the wire, and what it holds; a notice has no papers. */
export interface Composed extends Contents {
  bytes: Buffer;
  /** Said once nobody reads `bytes` any more: their memory is used for another message. Who does not say it loses nothing. */
  done(): void;
}

/** Editions held encoded: today's of each cadence, and those that are still being retried. */
const EDITIONS_KEPT = 6;

interface Prepared {
  edition: Edition;
  encoded: EncodedEdition;
  /** Encoded, by what they say. */
  subjects: Map<string, string>;
  memo: Memo;
}

/** What a digest is to hold, as far as it fits. */
function contentsOf({ edition, encoded }: Prepared, order: DigestOrder): Contents {
  const { selection, had = [], maxPapers, abstracts = 'short' } = order;
  const papers = selection
    ? selection.cards.map(({ paperId }) => paperId)
    : select(leaveOut(edition.papers.slice(0, edition.cards), had), maxPapers).map(({ paperId }) => paperId);
  const sizes = papers.map((paperId, at) => {
    const size = encoded.card(edition.placeOf.get(paperId) ?? -1)?.size ?? { short: 0, full: 0 };
    let said = 0;
    // In both formats; in quoted-printable a byte takes three at most.
    for (const reason of selection?.cards[at]?.reasons ?? []) said += 2 * 3 * Buffer.byteLength(reason);
    return said === 0 ? size : { short: size.short + said, full: size.full + said };
  });
  const { cards, fullAbstracts } = fitCards(sizes, DIGEST_BYTES_MAX - encoded.frame, abstracts);
  return {
    papers: papers.slice(0, cards),
    reasons: selection?.personal ? selection.cards.slice(0, cards).map(({ reasons }) => reasons) : null,
    fullAbstracts,
  };
}

/** Composes messages; what is the same for all readers of an edition is made once and kept. */
export interface Mailroom {
  /** Null when the edition is gone. */
  composeDigest(db: Db, editionId: number, order: DigestOrder, now: Date): Promise<Composed | null>;
  composeConfirmation(order: NoticeOrder, now: Date): Promise<Composed>;
  /** The link that shows who holds the mailbox; `requestId` is the proof's. */
  composeProof(order: NoticeOrder, now: Date): Promise<Composed>;
}

const subjectColumn = 'Subject: '.length;

/** What `/preferences/` and a token add to a link, with the soft line breaks that it may meet. */
const LINK_TAIL = 50;

/** One mailroom for each process. */
export function createMailroom(sender: Sender): Mailroom {
  const linkBytes = sender.site.publicUrl.length + LINK_TAIL;
  const prepared = new Map<number, Promise<Prepared | null>>();
  const sheets = createSheets();
  // The first mails of an edition take a millisecond each, and a hundred of them are claimed at once.
  const share = createLoopShare();
  const notices = new Map<NoticeName, ReturnType<typeof prepareNotice>>();

  async function prepare(db: Db, editionId: number): Promise<Prepared | null> {
    const edition = await loadEdition(db, editionId);
    return (
      edition && { edition, encoded: encodeEdition(edition, linkBytes), subjects: new Map(), memo: newMemo() }
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
    order: NoticeOrder,
    values: SlotValues,
    now: Date,
  ): Promise<Composed> {
    const { pieces, subject } = await preparedNotice(name);
    const headers = messageHeaders(
      { from: sender.from, to: order.email, messageId: order.messageId, date: now },
      subject,
      feedbackId,
    );
    const slots = { ...values, email: order.email };
    const bytes = joinMessage(renderHeaders(headers), [{ piece: pieces }], slots);
    return { bytes, done() {}, papers: [], reasons: null, fullAbstracts: 0 };
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
      while (share.isHeld()) await share.turn();
      const { edition, encoded, subjects, memo } = found;
      const contents = order.contents ?? contentsOf(found, order);
      const laid = layOut(edition, contents);
      let subject = subjects.get(laid.subject);
      if (subject === undefined) {
        subject = encodeText(laid.subject, subjectColumn);
        subjects.set(laid.subject, subject);
      }
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
      const slots = {
        ...laid.values,
        unsubscribe_url: unsubscribeUrl,
        preferences_url: links.url('preferences', order.subscriberId),
        read_url: links.url('read', order.deliveryId),
        vote_url: links.url('vote', order.subscriberId),
        email: order.email,
      };
      const sheet = sheets.take();
      const bytes = joinMessage(renderHeaders(headers), digestPieces(encoded, laid), slots, memo, sheet);
      return { bytes, done: sheets.giver(sheet), ...contents };
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
