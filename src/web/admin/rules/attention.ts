import type { EditionProof } from '../../../deliveries/index.ts';
import { found } from './proof-view.ts';
import { count, nameEdition, spanOf, thousands } from './words.ts';

/** Mail is dispatched every minute; what has been due for this long is stuck. */
const LAG_MS = 10 * 60_000;

/** What the operator should look at, a sentence or two each, with the remedy. Empty where all is well. */
export function needsALook(facts: {
  checks: readonly { name: string; ok: boolean; detail: string }[];
  proofs: readonly EditionProof[];
  lagMs: number;
}): string[] {
  const sentences = facts.checks
    .filter((check) => !check.ok)
    .map(({ name, detail }) => `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${detail}`);
  if (facts.lagMs >= LAG_MS)
    sentences.push(
      `Mail has been due for ${spanOf(facts.lagMs)} and nobody sends it. See that a clock and a sender run, and that an SMTP server answers.`,
    );
  for (const proof of facts.proofs) {
    const { kind, name } = nameEdition(proof.cadence, proof.issueDate);
    const edition = `${kind} edition, ${name}`;
    if (proof.state === 'paused' && proof.waiting > 0)
      sentences.push(
        `${edition}: paused, and ${count(proof.waiting, 'mail')} waiting. Resume it on its page before their day has passed, or withdraw it.`,
      );
    if (!proof.holds)
      sentences.push(
        `${edition}: the ledger does not add up, ${thousands(proof.planned)} planned and ${thousands(found(proof))} found. Rows were lost or added by something other than the service; find out before anything is sent again.`,
      );
    if (proof.uncertain > 0)
      sentences.push(
        `${edition}: ${count(proof.uncertain, 'mail')} uncertain. The connection died when the server may already have taken it; its log knows.`,
      );
  }
  return sentences;
}

/** The page's heading. */
export const verdictOf = (sentences: readonly string[]) =>
  sentences.length === 0
    ? 'All is well'
    : sentences.length === 1
      ? 'One thing needs a look'
      : `${sentences.length} things need a look`;
