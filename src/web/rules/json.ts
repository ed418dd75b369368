import type { Paper } from '../../papers/rules/paper.ts';
import { paperLinks } from '../../papers/rules/paper.ts';
import { weekOf } from './calendar.ts';
import { paperHref } from './card.ts';
import { type EditionName, editionHref } from './edition-names.ts';

/** A paper as the API writes it. */
export function paperJson(paper: Paper, publicUrl: string) {
  const links = paperLinks(paper);
  return {
    id: paper.id,
    title: paper.title,
    abstract: paper.abstract,
    summary: paper.summary,
    authors: paper.authors,
    organisation: paper.organisation,
    keywords: paper.keywords,
    categories: paper.categories,
    version: paper.version,
    published_on: paper.publishedOn,
    upvotes: paper.upvotes,
    comments: paper.comments,
    code_url: paper.codeUrl,
    code_stars: paper.codeStars,
    project_url: paper.projectUrl,
    url: `${publicUrl}${paperHref(paper.id)}`,
    hugging_face_url: links.huggingFace,
    arxiv_url: links.arxiv,
    pdf_url: links.pdf,
    sample: paper.sample,
  };
}

/** An edition's name and size as the API writes it. */
export function editionJson(
  edition: EditionName & {
    openedAt: Date;
    subject: string;
    cards: number;
    more: number;
    note: string | null;
  },
  publicUrl: string,
) {
  return {
    cadence: edition.cadence,
    date: edition.issueDate,
    week: edition.cadence === 'weekly' ? weekOf(edition.issueDate) : null,
    opened_at: edition.openedAt.toISOString(),
    subject: edition.subject,
    note: edition.note,
    cards: edition.cards,
    more: edition.more,
    url: `${publicUrl}${editionHref(edition)}`,
  };
}

/** A whole number of a query from 1 to `max`; `otherwise` where it is not given; undefined for what is none. */
export function countParameter(value: unknown, max: number, otherwise: number): number | undefined {
  if (value === undefined) return otherwise;
  if (typeof value !== 'string' || !/^\d{1,6}$/.test(value)) return undefined;
  const count = Number(value);
  return count >= 1 && count <= max ? count : undefined;
}
