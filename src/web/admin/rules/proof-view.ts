import type { Proof } from '../../../deliveries/rules/states.ts';
import { thousands } from './words.ts';

/** A count of a proof as a cell of the table. */
export interface Count {
  name: string;
  words: string;
  zero: boolean;
  /** Worth a look: nobody knows what came of it, or it did not arrive. */
  bad: boolean;
}

const COLUMNS = ['sent', 'skipped', 'failed', 'uncertain', 'waiting', 'expired', 'cancelled'] as const;
const BAD: ReadonlySet<string> = new Set(['failed', 'uncertain']);

const titleOf = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** The heads of the table of proofs, in the order of `viewProof`'s counts. */
export const COUNT_NAMES = COLUMNS.map(titleOf);

/** A proof in words: the planned, and what they came to. */
export function viewProof(proof: Proof): { planned: string; found: string; holds: boolean; counts: Count[] } {
  const counts = COLUMNS.map((name) => ({
    name: titleOf(name),
    words: thousands(proof[name]),
    zero: proof[name] === 0,
    bad: proof[name] > 0 && BAD.has(name),
  }));
  return { planned: thousands(proof.planned), found: thousands(found(proof)), holds: proof.holds, counts };
}

/** How many rows the ledger has. */
export const found = (proof: Proof) => COLUMNS.reduce((sum, name) => sum + proof[name], 0);
