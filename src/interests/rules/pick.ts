import { createHash } from 'node:crypto';
import { matchInterest, readyCandidates } from './candidates.ts';
import { TOPICS } from './topics.ts';

/** A paper of an edition that may be offered. */
export interface PickPaper {
  id: string;
  title: string;
  keywords: string[];
  categories: string[];
  /** Its best place in an edition, from 1. */
  rank: number;
}

/** Papers offered at once. */
export const PICK_SIZE = 20;

/** From 0 to 1, the same for the same text. */
const dice = (text: string) => createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;

/**
 * Papers to choose from, as different as can be: each topic in turn gives one until there are enough; within a topic those
 * that stood high in their edition mostly come first. The same reader is offered the same on the same day.
 *
 * @param seed - of the reader and the day
 */
export function pickVaried<P extends PickPaper>(papers: readonly P[], seed: string, count = PICK_SIZE): P[] {
  const bare = { abstract: '', authors: [], organisation: null, publishedOn: null };
  const candidates = readyCandidates(papers.map((paper) => ({ ...paper, ...bare })));
  const topicOf = new Map<number, string>();
  const inTurn = TOPICS.map((topic) => ({ topic, place: dice(`${seed} topic ${topic.id}`) }));
  inTurn.sort((a, b) => a.place - b.place);
  for (const { topic } of inTurn)
    for (const at of matchInterest(candidates, { kind: 'topic', topic }))
      if (!topicOf.has(at)) topicOf.set(at, topic.id);

  const places = new Map(papers.map(({ id, rank }) => [id, dice(`${seed} paper ${id}`) * (10 + rank)]));
  const groups = new Map<string, P[]>(inTurn.map(({ topic }) => [topic.id, []]));
  papers.forEach((paper, at) => {
    const name = topicOf.get(at) ?? 'other';
    groups.set(name, [...(groups.get(name) ?? []), paper]);
  });
  for (const group of groups.values())
    group.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0) || (a.id < b.id ? -1 : 1));
  const picked: P[] = [];
  for (let round = 0; picked.length < Math.min(count, papers.length); round += 1)
    for (const group of groups.values()) {
      const paper = group[round];
      if (paper && picked.length < count) picked.push(paper);
    }
  return picked;
}
